import type { Socket } from "node:net";

import type { Client } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import type { ProxiedExchange } from "./proxied-exchange.ts";

/**
 * A client's connection with the exchange that runs on it. Pipelined requests wait: a proxy that ran them
 * at once could bring a POST to its app after the GET behind it.
 */
export class ClientConnection {
  client: Client;
  /** The bytes before the first request: a PROXY header. Infinite while it is not there. */
  prefaceBytes = 0;
  /** Why Node's parser has given the connection up. */
  lostTo: FailureCode | undefined;
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

  /** Nothing of a first request has come. */
  get isSilent(): boolean {
    return this.socket.bytesRead <= this.prefaceBytes;
  }

  /** Starts an exchange now, or when those before it are over. */
  enqueue(create: () => ProxiedExchange): void {
    this.afterwards(() => {
      this.running = create();
      this.running.start();
    });
  }

  /** Does something when the exchange that runs, and those that wait, are over. */
  afterwards(action: () => void): void {
    if (this.running === undefined) action();
    else this.#waiting.push(action);
  }

  /** The connection is gone, and what waited on it. */
  gone(): void {
    this.#waiting = [];
    this.running?.clientGone();
  }

  /** The running exchange is over. */
  next(): void {
    this.running = undefined;
    // The last answer said that it is the last one: what was sent behind its request is nobody's.
    if (!this.socket.writable) this.#waiting = [];
    this.#waiting.shift()?.();
  }
}
