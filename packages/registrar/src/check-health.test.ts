import { spawn } from "node:child_process";
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import { connect } from "node:net";

import { eventually } from "@wayleave/testkit";

import { afterEach, describe, expect, it } from "vitest";

import { checkHealth } from "./check-health.ts";
import { listen } from "./testing/listen.ts";

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

const BUSY_SERVER = `
  const server = require("node:net").createServer();
  server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => console.log(server.address().port));
`;

function fillUp(port: number): () => void {
  const socket = connect({ host: "127.0.0.1", port }).on("error", () => undefined);
  return () => void socket.destroy();
}

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

  it("asks only whether the port accepts, where there is no path", async () => {
    const { path: _, ...bare } = question;
    const port = await startServer(() => expect.unreachable("nothing is asked"));
    const at = `127.0.0.1:${port}`;
    expect(await checkHealth({ ...bare, port })).toEqual({
      isHealthy: true,
      reason: `${at} accepts connections`,
    });
    for (const close of closers.splice(0)) close();
    expect(await checkHealth({ ...bare, port })).toEqual({
      isHealthy: false,
      reason: `${at} refuses connections`,
    });
  });

  it("takes a port that is slow to accept for a busy one", async () => {
    const { path: _, ...bare } = question;
    const busy = spawn(process.execPath, ["-e", BUSY_SERVER], { stdio: ["pipe", "pipe", "inherit"] });
    closers.push(() => busy.kill("SIGKILL"));
    const [line] = await once(busy.stdout, "data");
    const port = Number(line);
    busy.kill("SIGSTOP");
    // The kernel accepts as many as its queue holds.
    await eventually(async () => {
      closers.push(fillUp(port));
      expect(await checkHealth({ ...bare, port, timeoutMs: 100 })).toEqual({
        isHealthy: true,
        reason: `127.0.0.1:${port} neither accepts nor refuses connections`,
      });
    });
  });

  it("rejects with the signal's reason", async () => {
    const stop = new AbortController();
    const port = await startServer(() => stop.abort(new Error("stopped")));
    await expect(checkHealth({ ...question, port, signal: stop.signal })).rejects.toThrow("stopped");
  });
});
