import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { WebSocketServer } from "ws";

import { resetSocket } from "./reset-socket.ts";

/** What an app answers, and where. */
export interface DemoAppOptions {
  /** What it answers. Default `demo`. */
  readonly name?: string;
  /** Default 0: a free one. */
  readonly port?: number;
}

/**
 * A small HTTP app in this process, on 127.0.0.1. It answers its name to everything but these ends of a path: `/echo`
 * ({@link Echo} as JSON), `/slow?ms=N` (its name, later), `/status/NNN`. It sends back what comes by WebSocket.
 */
export interface DemoApp {
  readonly name: string;
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Requests that came so far, upgrades too. */
  readonly requests: number;
  /** Connections that are open now, upgraded ones too. */
  readonly connections: number;
  /** Stops listening and resets what is open. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What `/echo` answers: the request as the app received it. */
export interface Echo {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Starts a {@link DemoApp}. */
export async function startDemoApp({ name = "demo", port = 0 }: DemoAppOptions = {}): Promise<DemoApp> {
  const app = new RunningDemoApp(name);
  await app.listen(port);
  return app;
}

class RunningDemoApp implements DemoApp {
  readonly name: string;
  port = 0;
  requests = 0;
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true });
  readonly #sockets = new Set<Socket>();

  constructor(name: string) {
    this.name = name;
    this.#server = createServer((request, response) => {
      this.requests += 1;
      answer(name, request, response).catch(() => response.destroy());
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("upgrade", (request, socket, head) => {
      this.requests += 1;
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on("message", (data, isBinary) => webSocket.send(data, { binary: isBinary }));
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(port: number): Promise<void> {
    await once(this.#server.listen(port, "127.0.0.1"), "listening");
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) resetSocket(socket);
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function answer(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://demo");
  const status = /\/status\/(\d{3})$/.exec(pathname)?.[1];
  const body = await readBody(request);
  if (status !== undefined) {
    response.writeHead(Number(status)).end(name);
  } else if (pathname.endsWith("/echo")) {
    const { method, url, rawHeaders } = request;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name, method, url, rawHeaders, body }));
  } else if (pathname.endsWith("/slow")) {
    const timer = setTimeout(() => response.end(name), Number(searchParams.get("ms") ?? 1_000));
    response.once("close", () => clearTimeout(timer));
  } else response.end(name);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
