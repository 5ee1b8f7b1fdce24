// 5,000 clients that go away in mid-answer leave nothing behind: no connection, no exchange, no memory.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

import { ask, eventually, temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startStaticRouter } from "../cluster.ts";
import { COLLECTS_ON_SIGNAL, liveMemoryOf, metricOf } from "./metrics.ts";

const CLIENTS = 5_000;
const AT_ONCE = 500;
/** 800 bytes a client. */
const MOST_GROWTH = 4_000_000;

describe.each(["wire", "http-proxy"])("5,000 clients that leave %s in mid-answer", (engine) => {
  it("leave no connection and no memory behind", { timeout: 180_000 }, async () => {
    await using app = await EndlessApp.start();
    await using router = await startStaticRouter(
      await tableFor(app.port),
      ["--engine", engine, "--access-log", "off"],
      COLLECTS_ON_SIGNAL,
    );
    await leave(router.port, AT_ONCE);
    await eventually(() => expect(app.open).toBe(0), { withinMs: 30_000 });
    const before = await liveMemoryOf(router);
    for (let count = 0; count < CLIENTS; count += AT_ONCE) await leave(router.port, AT_ONCE);
    await eventually(() => expect(app.open).toBe(0), { withinMs: 30_000 });
    expect(app.accepted).toBe(CLIENTS + AT_ONCE);
    await eventually(async () => {
      expect(await metricOf(router, "wayleave_active_exchanges")).toBe(0);
      expect(await metricOf(router, "wayleave_client_connections")).toBe(0);
    });
    expect((await liveMemoryOf(router)) - before).toBeLessThan(MOST_GROWTH);
    app.isPolite = true;
    expect((await ask(router.port, "a.example")).body).toBe("ok");
  });
});

/** So many clients at once: each reads a part of its answer; half of them end, half reset. */
async function leave(port: number, clients: number): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const socket = connect({ host: "127.0.0.1", port });
      await new Promise<void>((resolve, reject) => {
        let seen = 0;
        socket.on("error", reject);
        socket.on("close", () => reject(new Error("the router closed the connection")));
        socket.on("data", (chunk: Buffer) => {
          seen += chunk.length;
          if (seen > 1_000) resolve();
        });
        socket.write("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
      });
      if (index % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }),
  );
}

/** Begins an answer and never ends it. */
class EndlessApp {
  accepted = 0;
  isPolite = false;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<EndlessApp> {
    const server = createServer();
    const app = new EndlessApp(server);
    server.on("connection", (socket) => app.#serve(socket));
    await once(server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }), "listening");
    return app;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get open(): number {
    return this.#open.size;
  }

  #serve(socket: Socket): void {
    this.accepted += 1;
    this.#open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#open.delete(socket));
    socket.once("data", () => {
      if (this.isPolite) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
      else
        socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n${"x".repeat(4096)}\r\n`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }
}

async function tableFor(port: number): Promise<string> {
  const file = join(temporaryDirectory("clients-leave"), "table.yaml");
  const limits = { connectionsPerInstance: 10_000 };
  await writeFile(
    file,
    JSON.stringify({
      routes: { "*": { to: [{ app: "endless" }], limits } },
      instances: { "endless/one": { address: "127.0.0.1", port } },
    }),
  );
  return file;
}
