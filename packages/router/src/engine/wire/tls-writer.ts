// Writing to a TLS handle, below its stream: as to a TCP handle (write-handle.ts), but one write at a time. The kernel
// has it at once, most of the time; that it is complete the handle says a turn later, when the next one is due at the
// earliest. So nobody listens for that until somebody has to wait.

import { guard } from "./guard.ts";
import { writeAtTurnsEnd } from "./turn.ts";
import { type WriteHandle, type WriteRequest, writeError } from "./write-handle.ts";

/** Whose writes these are. */
interface WriteOwner {
  /** What was written is gone, after {@link TlsWriter.isBlocked}. */
  onDrain(): void;
  onDefect(error: unknown): void;
}

/** What is written to. */
interface Connection {
  readonly destroyed: boolean;
  destroy(error: Error): unknown;
}

/** Writes latin1 text to a TLS socket; nobody else may. */
export class TlsWriter {
  readonly #socket: Connection;
  readonly #handle: WriteHandle;
  readonly #owner: WriteOwner;
  /** What waits for the turn's end, or for the write before. */
  #text = "";
  /** Not complete, as far as it was looked at. */
  #write: WriteRequest | undefined;
  #isBlocked = false;
  #whenGone: (() => void) | undefined;

  constructor(socket: Connection, handle: WriteHandle, owner: WriteOwner) {
    this.#socket = socket;
    this.#handle = handle;
    this.#owner = owner;
  }

  /** The peer takes no more; what is written waits, and the owner's `onDrain` will tell when it is gone. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Something waits to be written. */
  get isWriting(): boolean {
    return this.#isBlocked || this.#text !== "";
  }

  write(text: string): void {
    if (!this.isWriting) writeAtTurnsEnd(this);
    this.#text += text;
  }

  /** Writes what waits for the turn's end. */
  flush(): void {
    const text = this.#text;
    if (text === "" || this.#isBlocked || this.#socket.destroyed) return;
    if (this.#isInFlight()) return this.#waitForEnd();
    this.#text = "";
    const result = this.#handle.writeLatin1String(null, text);
    if (typeof result !== "number") this.#write = result;
    else if (result !== 0) this.#fail(result);
  }

  /** Calls `then` when all that was written is gone. */
  whenGone(then: () => void): void {
    this.flush();
    if (!this.#isBlocked && !this.#isInFlight()) return then();
    this.#whenGone = then;
    if (!this.#isBlocked) this.#waitForEnd();
  }

  /** A write threw. */
  onDefect(error: unknown): void {
    this.#owner.onDefect(error);
  }

  #isInFlight(): boolean {
    const status = this.#write?.writeStatus;
    if (typeof status !== "number") return this.#write !== undefined;
    this.#write = undefined;
    if (status < 0) this.#fail(status);
    return false;
  }

  #waitForEnd(): void {
    if (this.#write === undefined) return;
    this.#isBlocked = true;
    const onComplete = (status: number): void => guard(this, () => this.#onComplete(status));
    this.#write.oncomplete = onComplete;
  }

  #onComplete(status: number): void {
    this.#write = undefined;
    this.#isBlocked = false;
    if (this.#socket.destroyed) return;
    if (status < 0) return this.#fail(status);
    if (this.#whenGone !== undefined) return this.whenGone(this.#whenGone);
    this.flush();
    this.#owner.onDrain();
  }

  #fail(status: number): void {
    this.#socket.destroy(writeError(status));
  }
}
