// Memory that an idle kept-alive client connection takes in the wire engine's process:
// `node bench/idle-connections.ts [--connections N]`. Each has had one request answered before.

import { connect, type Socket } from "node:net";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { startContenders } from "./engine-contenders.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "10000" },
    of: { type: "string", default: "wire,nginx" },
  },
});
const REQUEST = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

async function main(): Promise<void> {
  await using contenders = await startContenders(values.of.split(","));
  for (const { name, port, pid } of contenders.all) {
    // What many requests need at once, whoever sends them, is allocated now.
    await close(await open(port, 100, 500));
    const before = await residentBytes(pid);
    const sockets = await open(port, Number(values.connections), 1);
    const after = await residentBytes(pid);
    const each = (after - before) / sockets.length;
    process.stdout.write(`${name}: ${Math.round(each)} bytes a connection (${before} -> ${after})\n`);
    await close(sockets);
  }
}

/** Opens connections, a few at a time, and has so many requests answered on each, one after the other. */
async function open(port: number, count: number, requests: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => openOne(port, requests)))));
  }
  return sockets;
}

function openOne(port: number, requests: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let left = requests;
    socket.on("data", () => {
      if (--left === 0) resolve(socket);
      else socket.write(REQUEST);
    });
    socket.once("error", reject);
    socket.write(REQUEST);
  });
}

async function close(sockets: readonly Socket[]): Promise<void> {
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "latin1");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

await main();
