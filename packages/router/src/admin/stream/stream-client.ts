// One who listens. Nothing is queued for it: it has a place in the ring of messages, and moves on as fast as it reads.
// Who is so slow that the ring has lost its place is cut, and gets a new snapshot when it comes back.

import { once } from "node:events";
import type { ServerResponse } from "node:http";

import type { Topic } from "@wayleave/records/api";

import type { MessageRing } from "./message-ring.ts";

const BLOCKED_MS = 30_000;

/** One reader of the stream. */
export class StreamClient {
  readonly topics: ReadonlySet<Topic>;
  readonly #response: ServerResponse;
  readonly #ring: MessageRing;
  #next: number;
  #isBusy = false;

  /** `after`: the sequence that it has already. */
  constructor(response: ServerResponse, ring: MessageRing, topics: ReadonlySet<Topic>, after: number) {
    this.#response = response;
    this.#ring = ring;
    this.topics = topics;
    this.#next = after + 1;
  }

  /** Sends a snapshot, then what came meanwhile. */
  async begin(snapshot: AsyncIterable<string>): Promise<void> {
    this.#isBusy = true;
    for await (const text of snapshot) if (!(await this.#write(text))) return;
    this.#isBusy = false;
    this.pump();
  }

  /** Something new may be there. */
  pump(): void {
    if (!this.#isBusy) void this.#pump();
  }

  /** So that both ends notice when the other one is gone. */
  beat(): void {
    if (!this.#isBusy) this.#response.write(":\n\n");
  }

  /** Cuts it. */
  destroy(): void {
    this.#response.destroy();
  }

  async #pump(): Promise<void> {
    this.#isBusy = true;
    while (this.#next <= this.#ring.newest) {
      const message = this.#ring.at(this.#next);
      if (message === undefined) return this.destroy();
      this.#next += 1;
      if (this.topics.has(message.topic) && !(await this.#write(message.text))) return;
    }
    this.#isBusy = false;
  }

  /** False: it is gone, or was cut because it does not read. */
  async #write(text: string): Promise<boolean> {
    if (this.#response.destroyed) return false;
    if (this.#response.write(text)) return true;
    try {
      await once(this.#response, "drain", { signal: AbortSignal.timeout(BLOCKED_MS) });
    } catch {
      this.destroy();
    }
    return !this.#response.destroyed;
  }
}
