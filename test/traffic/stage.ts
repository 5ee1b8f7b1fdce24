// What the tests of traffic stand on: an etcd, routers as processes, and apps in this process.

import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import { keysUnder } from "@wayleave/records";
import { openStore, type Store, type Write } from "@wayleave/store";
import { type EtcdCluster, startEtcd } from "@wayleave/testkit";

import { type RunningReplica, startReplica, wayleave } from "../cluster.ts";

export const keys = keysUnder();

/** An etcd with routers on it. */
export class Stage {
  readonly store: Store;
  readonly replicas: readonly RunningReplica[];
  readonly #etcd: EtcdCluster;

  private constructor(etcd: EtcdCluster, replicas: readonly RunningReplica[]) {
    this.#etcd = etcd;
    this.replicas = replicas;
    this.store = openStore({ endpoints: etcd.endpoints });
  }

  static async start(routers: number, extra: readonly string[] = ["--access-log", "off"]): Promise<Stage> {
    const etcd = await startEtcd();
    const starting = Array.from({ length: routers }, () => startReplica(etcd.endpoints, extra));
    return new Stage(etcd, await Promise.all(starting));
  }

  /** The first router's port. */
  get port(): number {
    return this.replicas[0]?.port ?? 0;
  }

  get ports(): number[] {
    return this.replicas.map(({ port }) => port);
  }

  /** Writes, and waits until every router has applied it. */
  async commit(writes: readonly Write[]): Promise<number> {
    const revision = await this.store.commit(writes);
    for (const { admin } of this.replicas) {
      const answer = await fetch(`${admin}/api/wait?revision=${revision}&timeoutMs=20000`);
      if (!answer.ok) throw new Error(`revision ${revision} was not applied: ${await answer.text()}`);
    }
    return revision;
  }

  run(...args: string[]): Promise<string> {
    return wayleave(this.#etcd.endpoints, ...args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { command } of this.replicas) command.kill("SIGTERM");
    await Promise.all(this.replicas.map(({ command }) => command.exit));
    await this.store.close();
    await this.#etcd.close();
  }
}

/** Puts a route to these destinations. */
export function putRoute(host: string, to: readonly object[], more: object = {}): Write {
  return { put: keys.route(host, "/"), value: JSON.stringify({ to, ...more }) };
}

/** Puts an instance on this machine. */
export function putInstance(app: string, id: string, port: number, more: object = {}): Write {
  return { put: keys.instance(app, id), value: JSON.stringify({ address: "127.0.0.1", port, ...more }) };
}

/** An app with a session: sets JSESSIONID at `/login`, and answers an upgrade with its name and an echo. */
export class SessionApp {
  readonly name: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(name: string, server: Server) {
    this.name = name;
    this.#server = server;
  }

  static async start(name: string): Promise<SessionApp> {
    const server = createServer((incoming, answer) => {
      if (incoming.url === "/login") answer.setHeader("Set-Cookie", "JSESSIONID=1; Path=/; SameSite=Lax");
      answer.end(name);
    });
    const app = new SessionApp(name, server);
    server.on("connection", (socket) => {
      app.#sockets.add(socket);
      socket.once("close", () => app.#sockets.delete(socket));
    });
    server.on("upgrade", (_, socket) => {
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.write(`${name}\n`);
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return app;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }
}

/** One request with cookies: who answered, and which cookies that set. */
export function visit(
  port: number,
  {
    host,
    path = "/",
    cookies = {},
    headers: more = {},
  }: {
    host: string;
    path?: string;
    cookies?: Record<string, string>;
    headers?: Record<string, string>;
  },
): Promise<{ body: string; cookies: Record<string, string>; headers: IncomingHttpHeaders }> {
  const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  const headers = { host, ...more, ...(cookie.length > 0 && { cookie: cookie.join("; ") }) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, headers, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (body += chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const set = (answer.headers["set-cookie"] ?? []).map((line) => (line.split(";")[0] ?? "").split("="));
        resolve({ body, cookies: { ...cookies, ...Object.fromEntries(set) }, headers: answer.headers });
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** An open upgraded connection. */
export interface Tunnel {
  readonly socket: Socket;
  /** The first line that the app sent: its name. */
  readonly name: string;
  /** Sends a line and waits for it to come back. */
  echo(line: string): Promise<string>;
}

/** Opens a WebSocket's connection, as far as the router cares. */
export async function openTunnel(
  port: number,
  host: string,
  cookies: Record<string, string> = {},
): Promise<Tunnel> {
  const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  const headers = {
    host,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "sec-websocket-version": "13",
    ...(cookie.length > 0 && { cookie: cookie.join("; ") }),
  };
  const { socket, first } = await new Promise<{ socket: Socket; first: Buffer }>((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, headers, agent: false });
    outgoing.on("upgrade", (_, upgraded: Socket, head) => resolve({ socket: upgraded, first: head }));
    outgoing.on("response", (answer) => reject(new Error(`answered ${answer.statusCode}`)));
    outgoing.on("error", reject);
    outgoing.end();
  });
  const lines = new Lines(socket, first);
  return {
    socket,
    name: await lines.next(),
    echo: (line) => {
      socket.write(`${line}\n`);
      return lines.next();
    },
  };
}

class Lines {
  #received: string;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket, first: Buffer) {
    this.#received = first.toString();
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString();
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  async next(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf("\n");
      if (end !== -1) {
        const line = this.#received.slice(0, end);
        this.#received = this.#received.slice(end + 1);
        return line;
      }
      if (this.#isOver) throw new Error("the connection is over");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
