import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

import { freePort } from "./free-port.ts";
import { LinkPair } from "./link-pair.ts";

/** The ways of a link. */
export type Direction = "both" | "to-server" | "to-client";

/** A TCP relay on 127.0.0.1 before a server, with the faults that networks have. */
export interface Link {
  /** The same for as long as the link lives. */
  readonly port: number;
  /** How many connections are open now. */
  readonly connections: number;
  /** Resets all connections; new ones are welcome. */
  cut(): void;
  /** Resets all connections and refuses new ones. */
  refuse(): void;
  /** Passes nothing on any more, no byte and no end of a connection. What was sent is held, not lost. */
  freeze(direction?: Direction): void;
  /** Passes everything on this much later. */
  delay(delayMs: number): void;
  /** Takes all faults away; what was held goes on its way. */
  heal(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a link to a server, on a free port of 127.0.0.1. */
export async function startLink(to: { host: string; port: number }): Promise<Link> {
  const link = new TcpLink(to);
  await link.listen();
  return link;
}

const LISTEN_ATTEMPTS = 5;
const LISTEN_AGAIN_MS = 20;
const CLOSES_WITHIN_MS = 10_000;

class TcpLink implements Link {
  readonly #to: { host: string; port: number };
  readonly #pairs = new Set<LinkPair>();
  #server: Server | undefined;
  #port = 0;
  #frozen: Direction | undefined;
  #delayMs = 0;
  #isRefusing = false;

  constructor(to: { host: string; port: number }) {
    this.#to = to;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  async listen(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      // Not port 0: after a refusal it must be free to listen on again.
      this.#port = await freePort();
      try {
        await once(this.#open(), "listening");
        return;
      } catch (error) {
        if (attempt === LISTEN_ATTEMPTS) throw error;
      }
    }
  }

  cut(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  refuse(): void {
    this.#isRefusing = true;
    this.#server?.close();
    this.#server = undefined;
    this.cut();
  }

  freeze(direction: Direction = "both"): void {
    this.#frozen = direction;
    this.#tellPairs();
  }

  delay(delayMs: number): void {
    this.#delayMs = delayMs;
    this.#tellPairs();
  }

  heal(): void {
    this.#frozen = undefined;
    this.#delayMs = 0;
    this.#tellPairs();
    if (!this.#isRefusing) return;
    this.#isRefusing = false;
    this.#listenAgain();
  }

  async close(): Promise<void> {
    const server = this.#server;
    const signal = AbortSignal.timeout(CLOSES_WITHIN_MS);
    const closed = server?.listening === true ? once(server, "close", { signal }) : undefined;
    this.refuse();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): Server {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server = server;
    return server.listen(this.#port, "127.0.0.1");
  }

  #listenAgain(): void {
    if (this.#isRefusing) return;
    this.#open().once("error", () => setTimeout(() => this.#listenAgain(), LISTEN_AGAIN_MS));
  }

  #accept(client: Socket): void {
    const server = connect({ ...this.#to, allowHalfOpen: true, noDelay: true });
    const pair = new LinkPair(client, server);
    pair.setFaults({ frozen: this.#frozen, delayMs: this.#delayMs });
    this.#pairs.add(pair);
    pair.onceClosed(() => this.#pairs.delete(pair));
  }

  #tellPairs(): void {
    for (const pair of this.#pairs) pair.setFaults({ frozen: this.#frozen, delayMs: this.#delayMs });
  }
}
