// One socket of the wire engine, to a client or to an instance: whom its events reach, and how bytes are written
// to it with as few copies and calls as can be.

import type { Socket } from "node:net";

import { guard } from "./guard.ts";
import { type ByteReceiver, isShared } from "./shared-read.ts";
import { giveSlab, takeSlab } from "./slabs.ts";

/** Whose socket it is. What it throws goes to its `onDefect`. */
export interface SocketOwner extends ByteReceiver {
  onConnect?(): void;
  /** What was written is gone, after {@link WireSocket.isBackedUp}. */
  onDrain(): void;
  /** The peer has sent its end. */
  onEnd(): void;
  /** `onClose` follows. */
  onError?(error: Error): void;
  onClose(): void;
}

/**
 * Up to this size bytes are written as latin1 text: Node encodes such a text on its stack, so it needs no
 * buffer of its own to outlive the shared one, and it can be joined with a head into one write.
 */
const MAX_TEXT_BYTES = 16 * 1024;

/** A socket, plain or TLS, that hands what it reads to its owner. */
export class WireSocket {
  readonly #socket: Socket;
  #isPaused = false;

  /** `open` gives the socket, and makes it hand its bytes to the owner. */
  constructor(owner: SocketOwner, open: (owner: SocketOwner) => Socket) {
    const socket = open(owner);
    this.#socket = socket;
    if (owner.onConnect !== undefined) socket.on("connect", () => guard(owner, () => owner.onConnect?.()));
    socket.on("drain", () => guard(owner, () => owner.onDrain()));
    socket.on("end", () => guard(owner, () => owner.onEnd()));
    socket.on("error", (error) => owner.onError?.(error));
    socket.on("close", () => guard(owner, () => owner.onClose()));
  }

  /**
   * More is waiting to be sent than should be, and `onDrain` will tell when it is gone. What the
   * kernel took at once does not count, though a stream's `write` gives false for that too.
   */
  get isBackedUp(): boolean {
    return this.#socket.writableLength > 0 && this.#socket.writableNeedDrain;
  }

  /** Something that was written is not gone yet. */
  get isWriting(): boolean {
    return this.#socket.writableLength > 0;
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Writes latin1 text. */
  writeText(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** Writes the bytes `from`..`to`; they may be overwritten afterwards. */
  write(bytes: Buffer, from: number, to: number): void {
    if (from === to) return;
    if (to - from <= MAX_TEXT_BYTES) this.writeText(bytes.latin1Slice(from, to));
    else this.#writeLarge(bytes, from, to);
  }

  /** Writes `head`, which may be "", and the bytes `from`..`to` behind it. */
  writeWithHead(head: string, bytes: Buffer, from: number, to: number): void {
    if (head === "") return this.write(bytes, from, to);
    if (to - from <= MAX_TEXT_BYTES) return this.writeText(head + bytes.latin1Slice(from, to));
    this.#socket.cork();
    this.writeText(head);
    this.#writeLarge(bytes, from, to);
    this.#socket.uncork();
  }

  /** Writes the bytes `from`..`to` as one chunk (RFC 9112 section 7.1), behind `head`, which may be "". */
  writeChunk(head: string, bytes: Buffer, from: number, to: number): void {
    const start = `${head}${(to - from).toString(16)}\r\n`;
    if (to - from <= MAX_TEXT_BYTES) return this.writeText(`${start}${bytes.latin1Slice(from, to)}\r\n`);
    this.#socket.cork();
    this.writeWithHead(start, bytes, from, to);
    this.writeText("\r\n");
    this.#socket.uncork();
  }

  /** Has the kernel notice when the peer of a quiet connection is gone. */
  probe(everyMs: number): void {
    this.#socket.setKeepAlive(true, everyMs);
  }

  /** Sends our end behind what was written, and goes on reading. */
  end(): void {
    this.#socket.end();
  }

  /** Ends the connection when what was written is gone. */
  destroySoon(): void {
    this.#socket.destroySoon();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends the connection so that the peer cannot take it for an orderly end. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #writeLarge(bytes: Buffer, from: number, to: number): void {
    if (!isShared(bytes)) {
      this.#socket.write(bytes.subarray(from, to));
      return;
    }
    const slab = takeSlab(bytes, from, to);
    this.#socket.write(slab.subarray(0, to - from), () => giveSlab(slab));
  }
}
