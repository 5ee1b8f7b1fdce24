// The wire engine: HTTP/1.1 over node:net, bytes in and bytes out.

import { type Server, type Socket, createServer } from "node:net";

import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { Engine, EngineSettings, ListenOn } from "../engine.ts";
import { ClientConnection, type ClientConnections } from "./client-connection.ts";
import { Deadlines } from "./deadlines.ts";
import { InstancePool } from "./instance-pool.ts";
import { adoptSocket, connectSocket } from "./shared-read.ts";

/** The engine of TypeScript's own: a strict parser of its own, and no stream between two sockets. */
export function createWireEngine(settings: EngineSettings): Engine {
  return new WireEngine(settings);
}

class WireEngine implements Engine {
  readonly #settings: EngineSettings;
  readonly #server: Server;
  readonly #open = new Set<ClientConnection>();
  readonly #deadlines = new Deadlines();
  readonly #pool = new InstancePool();
  readonly #shared: ClientConnections;
  #port = 0;
  #isClosing = false;
  readonly #empty = Promise.withResolvers<void>();
  #closed: Promise<void> | undefined;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    const isClosing = (): boolean => this.#isClosing;
    this.#shared = {
      exchanges: settings.exchanges,
      listenerPolicy: settings.listenerPolicy,
      pool: this.#pool,
      deadlines: this.#deadlines,
      connect: ({ record }, receiver) => connectSocket(record.address, record.port, receiver),
      proxyProtocol: settings.proxyProtocol,
      get isClosing() {
        return isClosing();
      },
      onClosed: (connection) => this.#onClosed(connection),
    };
    const options = { pauseOnConnect: true, allowHalfOpen: true, noDelay: true };
    this.#server = createServer(options, (socket) => this.#accept(socket));
    // A connection that could not be accepted (no file descriptor left) is no reason to end.
    this.#server.on("error", () => undefined);
  }

  get connections(): number {
    return this.#open.size;
  }

  listen(on: ListenOn): Promise<{ readonly port: number }> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen("handle" in on ? on.handle : { host: on.host, port: on.port }, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        this.#port = typeof address === "object" && address !== null ? address.port : 0;
        resolve({ port: this.#port });
      });
    });
  }

  dropIdle(instance: InstanceEntry): void {
    this.#pool.drop(instance.authority);
  }

  async retire(): Promise<void> {
    this.#stopAccepting();
    await this.#empty.promise;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopAccepting();
    // One turn, so that requests which are here already are read before idle connections end.
    await new Promise(setImmediate);
    for (const connection of this.#open) connection.close();
    await this.#empty.promise;
    this.destroy();
  }

  destroy(): void {
    this.#stopAccepting();
    for (const connection of this.#open) connection.destroy();
    this.#pool.destroy();
    this.#deadlines.destroy();
  }

  #stopAccepting(): void {
    this.#isClosing = true;
    this.#server.close();
    if (this.#open.size === 0) this.#empty.resolve();
  }

  #accept(accepted: Socket): void {
    if (this.#open.size >= this.#settings.listenerPolicy().maxConnections) {
      accepted.destroy();
      return;
    }
    const { remoteAddress: address, remotePort: port } = accepted;
    // Without an address it is gone already. What is asked of this socket is forgotten with it: its successor
    // would keep it, and an idle connection is to be small.
    if (address === undefined || port === undefined) {
      accepted.destroy();
      return;
    }
    const client = { address, port, localPort: this.#port, isTls: false };
    const open = adoptSocket.bind(undefined, accepted);
    this.#open.add(new ClientConnection(this.#shared, client, open));
  }

  #onClosed(connection: ClientConnection): void {
    this.#open.delete(connection);
    if (this.#isClosing && this.#open.size === 0) this.#empty.resolve();
  }
}
