import { createSecureServer, createServer, type ServerHttp2Stream } from "node:http2";
import { createServer as createTlsServer } from "node:https";

import { TestAuthority } from "@wayleave/testkit";
import { afterEach, describe, expect, it } from "vitest";

import { checkHealth } from "./check-health.ts";
import { listen } from "./testing/listen.ts";

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

type Answer = (stream: ServerHttp2Stream, path: string | undefined, body: Buffer) => void;

function serve(answer: Answer, isSecure = false): Promise<number> {
  const { chain, key } = new TestAuthority().issue(["app.example"]);
  const server = isSecure ? createSecureServer({ cert: chain, key }) : createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => answer(stream, headers[":path"], Buffer.concat(chunks)));
    stream.on("error", () => undefined);
  });
  closers.push(() => server.close());
  return listen(server);
}

/** A server of grpc.health.v1 that says this of `shop.Cart`, and knows no other service. */
const grpcHealth =
  (status: number): Answer =>
  (stream, path, body) => {
    const isKnown = body.subarray(5).equals(Buffer.from("\n\x09shop.Cart"));
    if (path !== "/grpc.health.v1.Health/Check" || !isKnown) {
      stream.respond({ ":status": 200, "grpc-status": "5" }, { endStream: true });
      return;
    }
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, status]));
  };

const question = { address: "127.0.0.1", timeoutMs: 5_000, signal: new AbortController().signal };

describe("the health of an instance that speaks HTTP/2", () => {
  it.each([
    [200, true],
    [503, false],
  ])("is that of a path that answers %i", async (status, isHealthy) => {
    const answer: Answer = (stream, path) => {
      stream.respond({ ":status": path === "/healthz" ? status : 404 });
      stream.end("body");
    };
    const reason = `GET /healthz answered ${status}`;
    const asked = { ...question, path: "/healthz" };
    expect(await checkHealth({ ...asked, protocol: "h2c", port: await serve(answer) })).toEqual({
      isHealthy,
      reason,
    });
    expect(await checkHealth({ ...asked, protocol: "h2", port: await serve(answer, true) })).toEqual({
      isHealthy,
      reason,
    });
  });

  it("is what gRPC's health check says of a service", async () => {
    const port = await serve(grpcHealth(1));
    const asked = { ...question, protocol: "h2c", port } as const;
    expect(await checkHealth({ ...asked, grpc: "shop.Cart" })).toEqual({
      isHealthy: true,
      reason: "gRPC health check of shop.Cart is serving",
    });
    expect(await checkHealth({ ...asked, grpc: "" })).toEqual({
      isHealthy: false,
      reason: "gRPC health check answered grpc-status 5",
    });
    expect(await checkHealth({ ...asked, port: await serve(grpcHealth(2)), grpc: "shop.Cart" })).toEqual({
      isHealthy: false,
      reason: "gRPC health check of shop.Cart is not serving (status 2)",
    });
  });

  it.each([
    ["does not come in time", (): void => undefined, "no answer within 50 ms"],
    [
      "is cut",
      (stream: ServerHttp2Stream): void => stream.close(2),
      "Stream closed with error code NGHTTP2_INTERNAL_ERROR",
    ],
  ])("is bad when the answer %s", async (_, answer, why) => {
    const port = await serve(answer);
    expect(await checkHealth({ ...question, timeoutMs: 50, protocol: "h2c", port, path: "/" })).toEqual({
      isHealthy: false,
      reason: `GET /: ${why}`,
    });
  });

  it("is bad when it does not speak HTTP/2, or nobody listens", async () => {
    const { chain, key } = new TestAuthority().issue(["app.example"]);
    const server = createTlsServer({ cert: chain, key }, (_, response) => response.end("ok"));
    closers.push(() => server.close());
    const port = await listen(server);
    const asked = { ...question, port, path: "/" };
    expect(await checkHealth({ ...asked, protocol: "https" })).toMatchObject({ isHealthy: true });
    expect(await checkHealth({ ...asked, protocol: "h2c" })).toMatchObject({ isHealthy: false });
    server.close();
    server.closeAllConnections();
    expect(await checkHealth({ ...asked, protocol: "h2c" })).toMatchObject({ isHealthy: false });
  });
});
