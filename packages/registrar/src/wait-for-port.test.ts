import { type Server, createServer } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { pickFreePort } from "./free-port.ts";
import { listen } from "./testing/listen.ts";
import { waitForPort } from "./wait-for-port.ts";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

function startServer(port: number, address: string): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  return listen(server, port, address);
}

describe("waitForPort", () => {
  const signal = new AbortController().signal;

  it("resolves once the port accepts", async () => {
    const port = await pickFreePort();
    const waiting = waitForPort({ address: "127.0.0.1", port, timeoutMs: 20_000, signal });
    await startServer(port, "127.0.0.1");
    await expect(waiting).resolves.toBeUndefined();
  });

  it("reaches IPv6 addresses", async () => {
    const port = await startServer(0, "::1");
    await expect(waitForPort({ address: "::1", port, timeoutMs: 5_000, signal })).resolves.toBeUndefined();
  });

  it("gives up when the time is over, and names the port", async () => {
    const port = await pickFreePort();
    await expect(waitForPort({ address: "127.0.0.1", port, timeoutMs: 30, signal })).rejects.toMatchObject({
      code: "not-ready",
      message: `127.0.0.1:${port} accepted no connection within 30 ms`,
    });
  });

  it("says so when the app listens on loopback only", async () => {
    const port = await startServer(0, "127.0.0.1");
    await expect(waitForPort({ address: "127.0.0.2", port, timeoutMs: 30, signal })).rejects.toThrow(
      `127.0.0.1:${port} does: the app must listen on 127.0.0.2 or 0.0.0.0`,
    );
  });

  it("rejects with the signal's reason", async () => {
    const stop = new AbortController();
    const port = await pickFreePort();
    const waiting = waitForPort({ address: "127.0.0.1", port, timeoutMs: 60_000, signal: stop.signal });
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
  });
});
