import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { sampleEntry } from "../../table/samples.ts";
import { IdlePool } from "./idle-pool.ts";

const a = { instance: sampleEntry("a"), trust: undefined };
const b = { instance: sampleEntry("b"), trust: undefined };

const accepted: Socket[] = [];
const server = createServer((socket) => accepted.push(socket));
let port = 0;

beforeEach(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});

afterEach(async () => {
  for (const socket of accepted.splice(0)) socket.destroy();
  server.close();
  await once(server, "close");
});

async function open(): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  await vi.waitFor(() => expect(accepted.some((each) => each.remotePort === socket.localPort)).toBe(true));
  return socket;
}

it("gives back the connection that was used last, and each only once", async () => {
  const pool = new IdlePool();
  const [first, second, third] = [await open(), await open(), await open()];
  pool.put(a, first, 60_000);
  pool.put(a, second, 60_000);
  pool.put(b, third, 60_000);
  expect(pool.take(a)).toBe(second);
  expect(pool.take(a)).toBe(first);
  expect(pool.take(a)).toBeUndefined();
  expect(pool.size).toBe(1);
  expect(first.listenerCount("timeout") + first.listenerCount("data")).toBe(0);
  for (const socket of [first, second, third]) socket.destroy();
  await vi.waitFor(() => expect(pool.size).toBe(0));
});

it("gives back no connection that the other side has ended, or has spoken on", async () => {
  const pool = new IdlePool();
  for (const does of [(socket: Socket) => socket.end(), (socket: Socket) => socket.write("unasked")]) {
    const socket = await open();
    pool.put(a, socket, 60_000);
    const other = accepted.find(({ remotePort }) => remotePort === socket.localPort);
    if (other !== undefined) does(other);
    await vi.waitFor(() => expect(pool.size).toBe(0));
    expect(pool.take(a)).toBeUndefined();
    expect(socket.destroyed).toBe(true);
  }
});

it("closes what has waited too long, what is one too many, and all of an instance that is gone", async () => {
  const pool = new IdlePool();
  const old = await open();
  pool.put(a, old, 20);
  await vi.waitFor(() => expect(old.destroyed).toBe(true));
  const ended = await open();
  ended.destroy();
  pool.put(a, ended, 60_000);
  expect(pool.take(a)).toBeUndefined();
  const [gone, stays] = [await open(), await open()];
  pool.put(a, gone, 60_000);
  pool.put(b, stays, 60_000);
  pool.drop(a.instance.authority);
  expect([gone.destroyed, stays.destroyed]).toEqual([true, false]);
  pool.close();
  expect(stays.destroyed).toBe(true);
  expect(pool.size).toBe(0);
});

it("keeps a hundred of one instance at most", async () => {
  const pool = new IdlePool();
  const sockets = await Promise.all(Array.from({ length: 101 }, open));
  for (const socket of sockets) pool.put(a, socket, 60_000);
  expect(pool.size).toBe(100);
  expect(sockets.at(-1)?.destroyed).toBe(true);
  pool.close();
});
