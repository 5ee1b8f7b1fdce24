import { once } from "node:events";
import { createServer, type Socket } from "node:net";

import { expect, it } from "vitest";

import { startFullListener } from "../conformance/full-listener.ts";
import { sampleEntry } from "../../table/samples.ts";
import { type ConnectOptions, connectInstance } from "./connect-instance.ts";

type Result = { socket: Socket } | { error: Error };
const attempt = (port: number, connectMs: number): Promise<Result> =>
  new Promise((resolve) => void connectInstance(optionsOf(port, connectMs), resolve));
const optionsOf = (port: number, connectMs: number): ConnectOptions => ({
  instance: sampleEntry("one", { address: "127.0.0.1", port }),
  trust: undefined,
  connectMs,
});

async function listen() {
  const server = createServer((socket) => socket.resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

it("gives a connection", async () => {
  const { server, port } = await listen();
  const result = await attempt(port, 5_000);
  expect(result).toHaveProperty("socket");
  if ("socket" in result) result.socket.destroy();
  server.close();
});

it("gives the system's error when nobody listens", async () => {
  const { server, port } = await listen();
  server.close();
  await once(server, "close");
  expect(await attempt(port, 5_000)).toMatchObject({ error: { code: "ECONNREFUSED" } });
});

it("gives up in time when nobody accepts", async () => {
  const full = await startFullListener();
  try {
    expect(await attempt(full.port, 50)).toMatchObject({ error: { code: "ETIMEDOUT" } });
  } finally {
    await full.close();
  }
});

it("does not call when it is given up from outside", async () => {
  const { server, port } = await listen();
  const results: Result[] = [];
  const socket = connectInstance(optionsOf(port, 5_000), (result) => results.push(result));
  socket.destroy();
  await once(socket, "close");
  expect(results).toEqual([]);
  server.close();
});
