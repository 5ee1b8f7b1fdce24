// A program as a platform's user would write it: answers its own name, and finishes what runs on SIGTERM.
// It ends with its parent, so that a test that is stopped leaves nothing behind. Its first line is its process id.
// PORT: where to listen. NAME: what to answer. DELAY_MS: how long each answer takes (default 0).

import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const name = process.env["NAME"] ?? "unnamed";
const delayMs = Number(process.env["DELAY_MS"] ?? 0);

const server = createServer((_request, response) => {
  void delay(delayMs).then(() => response.end(name));
});

server.listen(Number(process.env["PORT"]), "127.0.0.1");
console.log(`named-app ${process.pid}`);
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
});

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1_000).unref();
