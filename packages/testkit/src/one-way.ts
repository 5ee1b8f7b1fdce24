import type { Socket } from "node:net";

import { resetSocket } from "./reset-socket.ts";

type Parcel = { readonly dueAt: number } & (
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "end" }
  | { readonly kind: "reset" }
);

const MOST_HELD_BYTES = 1024 * 1024;

/** One way of a connection through a link: passes bytes and ends on in order, later or not for now. */
export class OneWay {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #parcels: Parcel[] = [];
  #heldBytes = 0;
  #isFrozen = false;
  #delayMs = 0;
  #isBlocked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on("data", (bytes: Buffer) => this.#take({ kind: "bytes", bytes, dueAt: this.#dueAt() }));
    from.on("end", () => this.#take({ kind: "end", dueAt: this.#dueAt() }));
    from.on("error", () => this.#take({ kind: "reset", dueAt: this.#dueAt() }));
    to.on("drain", () => this.#unblock());
    to.on("connect", () => this.#unblock());
  }

  setFaults({ isFrozen, delayMs }: { isFrozen: boolean; delayMs: number }): void {
    this.#isFrozen = isFrozen;
    this.#delayMs = delayMs;
    this.#passOn();
  }

  /** Drops what is held. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#parcels.length = 0;
    this.#heldBytes = 0;
  }

  #dueAt(): number {
    return performance.now() + this.#delayMs;
  }

  #take(parcel: Parcel): void {
    this.#parcels.push(parcel);
    if (parcel.kind === "bytes") this.#heldBytes += parcel.bytes.length;
    this.#passOn();
  }

  #unblock(): void {
    this.#isBlocked = false;
    this.#passOn();
  }

  #passOn(): void {
    clearTimeout(this.#timer);
    for (let next = this.#parcels[0]; next !== undefined; next = this.#parcels[0]) {
      if (this.#isFrozen || this.#isBlocked) break;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#passOn(), Math.ceil(waitMs));
        break;
      }
      this.#parcels.shift();
      this.#deliver(next);
    }
    this.#pace();
  }

  #deliver(parcel: Parcel): void {
    switch (parcel.kind) {
      case "bytes":
        this.#heldBytes -= parcel.bytes.length;
        if (!this.#to.destroyed) this.#isBlocked = !this.#to.write(parcel.bytes);
        return;
      case "end":
        this.#to.end();
        return;
      case "reset":
        resetSocket(this.#to);
    }
  }

  // A frozen way is not read at all: the sender's window fills, as it would before a stopped machine.
  #pace(): void {
    if (this.#isFrozen || this.#isBlocked || this.#heldBytes >= MOST_HELD_BYTES) this.#from.pause();
    else if (!this.#from.destroyed) this.#from.resume();
  }
}
