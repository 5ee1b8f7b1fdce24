// An app of bench/slow-clients.ts as a process: it reads whole bodies before it answers, and has something large to
// give; prints its port.

import { createServer } from "node:http";

const large = Buffer.alloc(8 * 1024 * 1024, "x");
const server = createServer((request, response) => {
  request.resume().on("end", () => response.end(request.url === "/slow/large" ? large : "hello"));
});
server.requestTimeout = 0;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" && address !== null ? address.port : 0}\n`);
});
