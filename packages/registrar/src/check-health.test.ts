import { type RequestListener, createServer } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { checkHealth } from "./check-health.ts";
import { listen } from "./testing/listen.ts";

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

function startServer(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  closers.push(() => server.close().closeAllConnections());
  return listen(server);
}

describe("checkHealth", () => {
  const question = {
    address: "127.0.0.1",
    path: "/health?full=1",
    timeoutMs: 5_000,
    signal: new AbortController().signal,
  };

  it.each([
    [200, true],
    [204, true],
    [302, false],
    [404, false],
    [503, false],
  ])("takes %i for healthy: %s", async (status, isHealthy) => {
    const port = await startServer((request, response) => {
      response.writeHead(request.url === "/health?full=1" ? status : 500).end("body");
    });
    expect(await checkHealth({ ...question, port })).toEqual({
      isHealthy,
      reason: `GET /health?full=1 answered ${status}`,
    });
  });

  it("is over when the answer does not come in time", async () => {
    const port = await startServer(() => {});
    const verdict = await checkHealth({ ...question, port, timeoutMs: 50 });
    expect(verdict).toEqual({ isHealthy: false, reason: "GET /health?full=1: no answer within 50 ms" });
  });

  it("is over when the answer begins and never ends", async () => {
    const port = await startServer((_, response) => void response.writeHead(200).write("more"));
    const verdict = await checkHealth({ ...question, port, timeoutMs: 50 });
    expect(verdict).toEqual({ isHealthy: false, reason: "GET /health?full=1: no answer within 50 ms" });
  });

  it.each([undefined, "shop.example.com"])("sends the Host that it is told: %s", async (host) => {
    let sent: string | undefined;
    const port = await startServer((request, response) => {
      sent = request.headers.host;
      response.end();
    });
    await checkHealth({ ...question, port, ...(host !== undefined && { host }) });
    expect(sent).toBe(host ?? `127.0.0.1:${port}`);
  });

  it("says why the connection failed", async () => {
    const port = await startServer((request) => request.socket.resetAndDestroy());
    const verdict = await checkHealth({ ...question, port });
    expect(verdict).toEqual({ isHealthy: false, reason: expect.stringContaining("ECONNRESET") });
  });

  it("rejects with the signal's reason", async () => {
    const stop = new AbortController();
    const port = await startServer(() => stop.abort(new Error("stopped")));
    await expect(checkHealth({ ...question, port, signal: stop.signal })).rejects.toThrow("stopped");
  });
});
