// An app for tests, as a process: listens on PORT, says what happens to it on standard output, one word
// a line, and ends when its standard input does, so that it cannot outlive the test.
//   app-program.ts [--exit CODE] [--ignore-signals]

import { createServer } from "node:http";

const [exitFlag, exitCode] = process.argv.slice(2);
const say = (line: string) => void process.stdout.write(`${line}\n`);

let status = 200;
const server = createServer((request, response) => {
  if (request.url === "/sick") status = 503;
  if (request.url === "/well") status = 200;
  if (request.url === "/exit") process.exit(3);
  response.writeHead(status).end(JSON.stringify(process.env));
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2"] as const) {
  process.on(signal, () => {
    say(signal);
    if (signal === "SIGTERM" || signal === "SIGINT") server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

process.stdin.resume().on("end", () => process.exit(99));
if (exitFlag === "--exit") process.exit(Number(exitCode));
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => say("listening"));
