// What the demo apps share: they listen where they are told, finish running requests on SIGTERM, and do not
// outlive `wayleave dev`.

import { type RequestListener, createServer } from "node:http";

/**
 * Serves at the environment's HOST (default 127.0.0.1) and PORT, and tells its process id on stdout, as one line of
 * JSON. Ends on SIGTERM once the running requests are answered; with END_WITH_STDIN set also at once when stdin ends:
 * that is how it learns that `dev`, which holds the other end, was killed.
 */
export function serve(listener: RequestListener): void {
  const server = createServer(listener);
  server.listen(Number(process.env["PORT"]), process.env["HOST"] ?? "127.0.0.1", () => {
    process.stdout.write(`${JSON.stringify({ pid: process.pid })}\n`);
  });
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
  if (process.env["END_WITH_STDIN"] === undefined) return;
  process.stdin.on("close", () => process.exit(0)).resume();
}
