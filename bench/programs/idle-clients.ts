// `node idle-clients.ts PORT COUNT`: opens so many connections, has one request answered on each, says "open", and keeps them
// until it is ended.

import { type Socket, connect } from "node:net";

import { HOST } from "../contenders/contender.ts";

const AT_ONCE = 50;
const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const sockets: Socket[] = [];

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("error", reject);
    socket.once("data", () => resolve(socket));
    socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  });
}

while (sockets.length < count) {
  sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, open))));
}
process.stdout.write("open\n");
