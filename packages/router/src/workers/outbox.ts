import type { SocketHandle } from "./listening-sockets.ts";
import type { ToWorker } from "./worker-messages.ts";

/** A message, and the socket that goes with it. */
export interface Outgoing {
  readonly message: ToWorker;
  readonly handle?: SocketHandle;
}

/**
 * The way to one worker: messages go out in order, each once the one before is written, so that a whole table
 * is never in memory as bytes, and other work goes on between its slices.
 */
export class Outbox {
  readonly #send: (outgoing: Outgoing) => Promise<void>;
  readonly #waiting: Iterator<Outgoing>[] = [];
  #isSending = false;
  #isClosed = false;

  /** `send` resolves when the message is written, or never will be. */
  constructor(send: (outgoing: Outgoing) => Promise<void>) {
    this.#send = send;
  }

  /** Adds messages; each is taken when its turn comes. */
  push(messages: Iterable<Outgoing>): void {
    this.#waiting.push(messages[Symbol.iterator]());
    if (!this.#isSending) void this.#run();
  }

  /** Nothing more goes out. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
  }

  async #run(): Promise<void> {
    this.#isSending = true;
    for (let outgoing = this.#next(); outgoing !== undefined; outgoing = this.#next()) {
      await this.#send(outgoing);
    }
    this.#isSending = false;
  }

  #next(): Outgoing | undefined {
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined || this.#isClosed) return undefined;
      const { done, value } = first.next();
      if (done !== true) return value;
      this.#waiting.shift();
    }
  }
}
