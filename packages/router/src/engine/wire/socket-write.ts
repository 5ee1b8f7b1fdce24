// Writing to a socket, with as few copies and calls as can be.

import type { Socket } from "node:net";

import { isShared } from "./shared-read.ts";
import { giveSlab, takeSlab } from "./slabs.ts";

/**
 * Up to this size bytes are written as latin1 text: Node encodes such a text on its stack, so it needs no
 * buffer of its own to outlive the shared one, and it can be joined with a head into one write.
 */
const MAX_TEXT_BYTES = 16 * 1024;

/** Writes `head`, and the bytes `from`..`to` behind it. */
export function writeWithHead(socket: Socket, head: string, bytes: Buffer, from: number, to: number): void {
  if (to - from <= MAX_TEXT_BYTES) {
    socket.write(head + bytes.latin1Slice(from, to), "latin1");
    return;
  }
  socket.cork();
  socket.write(head, "latin1");
  writeLarge(socket, bytes, from, to);
  socket.uncork();
}

/** Writes the bytes `from`..`to`; they may be overwritten afterwards. */
export function writeBytes(socket: Socket, bytes: Buffer, from: number, to: number): void {
  if (from === to) return;
  if (to - from <= MAX_TEXT_BYTES) socket.write(bytes.latin1Slice(from, to), "latin1");
  else writeLarge(socket, bytes, from, to);
}

function writeLarge(socket: Socket, bytes: Buffer, from: number, to: number): void {
  if (!isShared(bytes)) {
    socket.write(bytes.subarray(from, to));
    return;
  }
  const slab = takeSlab(bytes, from, to);
  socket.write(slab.subarray(0, to - from), () => giveSlab(slab));
}

/** Writes the bytes `from`..`to` as one chunk (RFC 9112 section 7.1), behind `head`. */
export function writeChunk(socket: Socket, head: string, bytes: Buffer, from: number, to: number): void {
  const start = `${head}${(to - from).toString(16)}\r\n`;
  if (to - from <= MAX_TEXT_BYTES) {
    socket.write(`${start}${bytes.latin1Slice(from, to)}\r\n`, "latin1");
    return;
  }
  socket.cork();
  writeWithHead(socket, start, bytes, from, to);
  socket.write("\r\n", "latin1");
  socket.uncork();
}

/**
 * More is waiting to be sent than should be, and a `drain` event will tell when it is gone. What the
 * kernel took at once does not count, though `write` gives false for that too.
 */
export function isBackedUp(socket: Socket): boolean {
  return socket.writableLength > 0 && socket.writableNeedDrain;
}
