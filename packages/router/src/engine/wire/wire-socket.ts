// One socket of the wire engine, to a client or to an instance: whom its events reach, and how bytes are written
// to it with as few copies and calls as can be.

import { Socket } from "node:net";
import { TLSSocket } from "node:tls";

import { guard } from "./guard.ts";
import { ignore } from "./ignore.ts";
import { type ByteReceiver, isShared } from "./shared-read.ts";
import { giveSlab, takeSlab } from "./slabs.ts";
import { TlsWriter } from "./tls-writer.ts";
import { writeAtTurnsEnd } from "./turn.ts";
import { type WriteHandle, tcpHandleOf, tlsHandleOf, writeError } from "./write-handle.ts";

/** What a connection does, be it a stream or only a handle. */
export interface WireConnection extends Pick<NodeJS.EventEmitter, "on" | "once" | "off"> {
  readonly connecting: boolean;
  readonly destroyed: boolean;
  /** Its end was a reset; to ask costs a call to the kernel. undefined: of that it tells by an error. */
  readonly isReset?: boolean;
  pause(): this;
  resume(): this;
  setKeepAlive(isOn: boolean, everyMs: number): this;
  /** Sends our end. */
  end(): this;
  /** Sends our end, and then closes, whether the peer's end came or not. */
  destroySoon(): void;
  destroy(error?: Error): this;
  resetAndDestroy(): this;
}

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
export class WireSocket implements ByteReceiver {
  readonly #socket: WireConnection;
  /** The same; undefined: it is none, and #tls is there. */
  readonly #stream: Socket | undefined;
  #owner: SocketOwner;
  /** undefined: not connected yet, or no plain TCP. */
  #handle: WriteHandle | undefined;
  /** Over TLS everything is written by way of it, when there is one. */
  #tls: TlsWriter | undefined;
  /** What goes to the handle at the turn's end, as latin1 text. */
  #text = "";
  /** Writes that the handle did not take at once. */
  #pendingWrites = 0;
  #isPaused = false;

  /** `open` gives the socket, and makes it hand its bytes to the receiver. */
  constructor(owner: SocketOwner, open: (receiver: ByteReceiver) => WireConnection) {
    this.#owner = owner;
    const socket = open(this);
    this.#socket = socket;
    this.#stream = socket instanceof Socket ? socket : undefined;
    if (!socket.connecting) this.#findHandle();
    if (owner.onConnect !== undefined) {
      const connected = socket instanceof TLSSocket ? "secureConnect" : "connect";
      socket.on(connected, () => guard(owner, () => this.#onConnect()));
    }
    socket.on("drain", () => guard(owner, () => owner.onDrain()));
    socket.on("end", () => guard(owner, () => owner.onEnd()));
    socket.on("error", (error) => owner.onError?.(error));
    socket.on("close", () => guard(owner, () => this.#onClose()));
  }

  onBytes(bytes: Buffer, length: number): void {
    this.#owner.onBytes(bytes, length);
  }

  onDrain(): void {
    this.#owner.onDrain();
  }

  /**
   * More is waiting to be sent than should be, and `onDrain` will tell when it is gone. What the
   * kernel took at once does not count, though a stream's `write` gives false for that too.
   */
  get isBackedUp(): boolean {
    if (this.#tls !== undefined) return this.#tls.isBlocked;
    if (this.#pendingWrites > 0) return true;
    const stream = this.#stream;
    return stream !== undefined && stream.writableLength > 0 && stream.writableNeedDrain;
  }

  /** Something that was written is not gone yet. */
  get isWriting(): boolean {
    if (this.#tls !== undefined) return this.#tls.isWriting;
    if (this.#text !== "" || this.#pendingWrites > 0) return true;
    return this.#stream !== undefined && this.#stream.writableLength > 0;
  }

  /** For an owner's `onEnd`: that was no end, but a reset. */
  get isReset(): boolean {
    return this.#socket.isReset === true;
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
    if (this.#tls !== undefined) this.#tls.write(text);
    else if (this.#text !== "") this.#text += text;
    else if (this.#handle === undefined || this.isWriting) this.#stream?.write(text, "latin1");
    else {
      this.#text = text;
      writeAtTurnsEnd(this);
    }
  }

  /** Writes what waits for the turn's end. */
  flush(): void {
    const text = this.#text;
    if (text === "") return this.#tls?.flush();
    this.#text = "";
    // Nobody could tell that it was destroyed meanwhile, but the handle.
    if (this.#handle === undefined || this.#socket.destroyed) return;
    const result = this.#handle.writeLatin1String(null, text);
    if (result === 0) return;
    // The stream meets the same error, and ends as streams do.
    if (typeof result === "number") {
      this.#stream?.write(text, "latin1");
      return;
    }
    this.#pendingWrites++;
    if (typeof result.writeStatus === "number") return this.#onWritten(result.writeStatus);
    const onComplete = (status: number): void => guard(this.#owner, () => this.#onWritten(status));
    result.oncomplete = onComplete;
  }

  /** Writes the bytes `from`..`to`; they may be overwritten afterwards. */
  write(bytes: Buffer, from: number, to: number): void {
    if (from === to) return;
    if (this.#isText(to - from)) this.writeText(bytes.latin1Slice(from, to));
    else this.#writeBesides(() => this.#writeLarge(bytes, from, to));
  }

  /** Writes `head`, which may be "", and the bytes `from`..`to` behind it. */
  writeWithHead(head: string, bytes: Buffer, from: number, to: number): void {
    if (head === "") return this.write(bytes, from, to);
    if (this.#isText(to - from)) return this.writeText(head + bytes.latin1Slice(from, to));
    this.#writeBesides(() => {
      this.#stream?.write(head, "latin1");
      this.#writeLarge(bytes, from, to);
    });
  }

  /** Writes the bytes `from`..`to` as one chunk (RFC 9112 section 7.1), behind `head`, which may be "". */
  writeChunk(head: string, bytes: Buffer, from: number, to: number): void {
    const start = `${head}${(to - from).toString(16)}\r\n`;
    if (this.#isText(to - from)) return this.writeText(`${start}${bytes.latin1Slice(from, to)}\r\n`);
    this.#writeBesides(() => {
      this.#stream?.write(start, "latin1");
      this.#writeLarge(bytes, from, to);
      this.#stream?.write("\r\n", "latin1");
    });
  }

  /** Its writing threw. */
  onDefect(error: unknown): void {
    this.#owner.onDefect(error);
  }

  /** Has the kernel notice when the peer of a quiet connection is gone. */
  probe(everyMs: number): void {
    this.#socket.setKeepAlive(true, everyMs);
  }

  /** Sends our end behind what was written, and goes on reading. */
  end(): void {
    this.#whenGone(() => this.#socket.end());
  }

  /** Ends the connection when what was written is gone. */
  destroySoon(): void {
    this.#whenGone(() => this.#socket.destroySoon());
  }

  /** Ends the connection at once; what the kernel has is still sent. */
  destroy(): void {
    this.flush();
    this.#socket.destroy();
  }

  /** Ends the connection so that the peer cannot take it for an orderly end. */
  reset(): void {
    this.flush();
    this.#socket.resetAndDestroy();
  }

  /** Node's streams outlive their end, until V8's next full collection: what hung on this one does not have to. */
  #onClose(): void {
    const owner = this.#owner;
    this.#owner = NOBODY;
    this.#stream?.removeAllListeners().on("error", ignore);
    owner.onClose();
  }

  #onConnect(): void {
    this.#findHandle();
    this.#owner.onConnect?.();
  }

  #findHandle(): void {
    this.#handle = tcpHandleOf(this.#socket);
    const tls = tlsHandleOf(this.#socket);
    if (tls !== undefined) this.#tls = new TlsWriter(this.#socket, tls, this);
  }

  /** Small enough, or to be encrypted at once: the handle copies text that it cannot send. */
  #isText(bytes: number): boolean {
    return bytes <= MAX_TEXT_BYTES || this.#tls !== undefined;
  }

  /** The stream knows of no write but its own. */
  #whenGone(then: () => void): void {
    this.flush();
    if (this.#tls === undefined) then();
    else this.#tls.whenGone(then);
  }

  #onWritten(status: number): void {
    this.#pendingWrites--;
    if (this.#socket.destroyed) return;
    if (status < 0) this.#socket.destroy(writeError(status));
    else this.#owner.onDrain();
  }

  /** Writes by way of the stream, behind what waits, and in as few calls as can be. */
  #writeBesides(write: () => void): void {
    this.flush();
    this.#stream?.cork();
    write();
    this.#stream?.uncork();
  }

  #writeLarge(bytes: Buffer, from: number, to: number): void {
    if (!isShared(bytes)) {
      this.#stream?.write(bytes.subarray(from, to));
      return;
    }
    const slab = takeSlab(bytes, from, to);
    this.#stream?.write(slab.subarray(0, to - from), () => giveSlab(slab));
  }
}

const NOBODY: SocketOwner = {
  onBytes: ignore,
  onDefect: ignore,
  onDrain: ignore,
  onEnd: ignore,
  onClose: ignore,
};
