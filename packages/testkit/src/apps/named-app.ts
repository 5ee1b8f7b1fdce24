// A program as a platform's user would write it: answers its own name, and finishes what runs on SIGTERM.
// It ends with its parent, so that a test that is stopped leaves nothing behind. Its first line is its process id.
// PORT: where to listen. NAME: what to answer. DELAY_MS: how long each answer takes (default 0).
// TLS_CERT and TLS_KEY, in PEM: to speak TLS; TLS_CA: to demand a certificate of that authority.

import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { setTimeout as delay } from "node:timers/promises";

const name = process.env["NAME"] ?? "unnamed";
const delayMs = Number(process.env["DELAY_MS"] ?? 0);

const answer: RequestListener = (_request, response) => {
  void delay(delayMs).then(() => response.end(name));
};
const { TLS_CERT: cert, TLS_KEY: key, TLS_CA: ca } = process.env;
const server =
  cert === undefined || key === undefined
    ? createServer(answer)
    : createSecureServer(
        { cert, key, ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }) },
        answer,
      );
// Gives back what it gets.
server.on("upgrade", (_request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  socket.on("error", () => undefined).pipe(socket);
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
