import type { Socket } from "node:net";

import type { Client } from "../../request/exchange.ts";
import type { ProxiedExchange } from "./proxied-exchange.ts";

/**
 * A client's connection with the exchange that runs on it. Pipelined requests wait: a proxy that ran them
 * at once could bring a POST to its app after the GET behind it.
 */
export class ClientConnection {
  readonly client: Client;
  /** Node's parser has given the connection up. */
  isLost = false;
  running: ProxiedExchange | undefined;
  readonly socket: Socket;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    this.client = {
      address: socket.remoteAddress ?? "",
      port: socket.remotePort ?? 0,
      localPort: socket.localPort ?? 0,
      isTls: false,
    };
  }

  /** Starts an exchange now, or when those before it are over. */
  enqueue(start: () => ProxiedExchange): void {
    if (this.running === undefined) this.running = start();
    else this.#waiting.push(() => (this.running = start()));
  }

  /** Does something when the exchange that runs, and those that wait, are over. */
  afterwards(action: () => void): void {
    if (this.running === undefined) action();
    else this.#waiting.push(action);
  }

  /** The running exchange is over. */
  next(): void {
    this.running = undefined;
    // The last answer said that it is the last one: what was sent behind its request is nobody's.
    if (!this.socket.writable) this.#waiting = [];
    this.#waiting.shift()?.();
  }
}
