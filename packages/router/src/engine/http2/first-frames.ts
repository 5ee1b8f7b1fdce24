// The frames of a client's first bytes on a connection of HTTP/2 (RFC 9113 sections 3.4 and 4.1), counted before anybody acts
// on them.

import type { FloodKind } from "./flood-watch.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const FRAME_HEAD_BYTES = 9;
/** As much as a frame may hold when nothing else was agreed on. */
const MAX_FRAME_BYTES = 16 * 1024;
const [DATA, HEADERS, RST_STREAM, SETTINGS, PING] = [0, 1, 3, 4, 6];
/** Flags: END_STREAM on DATA; PADDED and PRIORITY on HEADERS. */
const [END_STREAM, END_HEADERS, PADDED, PRIORITY] = [1, 4, 8, 32];
const PRIORITY_BYTES = 5;

/** More than anybody has reason to begin with: a client says its settings once, and asks before it takes back. */
const LIMITS = { reset: 10, ping: 10, settings: 5, frames: 20 };
/** Each request may have its own window and priority, by frames that are none of these. */
const FRAMES_A_REQUEST = 2;

/** Reads the bytes as they come, and says when they are a flood. */
export class FirstFrames {
  readonly #maxFields: number;
  /** Where the next frame begins. */
  #at = 0;
  readonly #counts = { reset: 0, ping: 0, settings: 0, frames: 0 };
  /** What is to come can wait no longer: there is a request, or something that is none. */
  isUrgent = false;

  /** `maxFields`: in one block of fields. */
  constructor(maxFields: number) {
    this.#maxFields = maxFields;
  }

  /** The preface and the first frame, which are the client's settings, are there. */
  get hasBegun(): boolean {
    return this.#at > PREFACE.length || this.isUrgent;
  }

  /** Takes all bytes so far: those of the last time, and more behind them. Gives what they are too many of. */
  read(bytes: Buffer): FloodKind | undefined {
    if (this.#at === 0 && !this.#readPreface(bytes)) return undefined;
    while (this.#at + FRAME_HEAD_BYTES <= bytes.length) {
      const [from, length] = [this.#at + FRAME_HEAD_BYTES, bytes.readUIntBE(this.#at, 3)];
      if (length > MAX_FRAME_BYTES) this.isUrgent = true;
      if (from + length > bytes.length) return undefined;
      const flood = this.#count(bytes, from, length);
      if (flood !== undefined) return flood;
      this.#at = from + length;
    }
    return undefined;
  }

  /** False: it is not whole, or none. */
  #readPreface(bytes: Buffer): boolean {
    const { length } = PREFACE;
    if (bytes.length < length) return false;
    if (bytes.compare(PREFACE, 0, length, 0, length) === 0) this.#at = length;
    else this.isUrgent = true;
    return this.#at > 0;
  }

  #count(bytes: Buffer, from: number, length: number): FloodKind | undefined {
    const [type, flags = 0] = [bytes[from - 6], bytes[from - 5]];
    if (type === HEADERS) {
      this.isUrgent = true;
      this.#counts.frames -= FRAMES_A_REQUEST;
      return this.#hasManyFields(bytes.subarray(from, from + length), flags) ? "refused" : undefined;
    }
    if (type === DATA && (length > 0 || (flags & END_STREAM) !== 0)) return undefined;
    const kind = kindOf(type);
    return ++this.#counts[kind] > LIMITS[kind] ? kind : undefined;
  }

  #hasManyFields(payload: Buffer, flags: number): boolean {
    // A field is a byte at least.
    if (payload.length <= this.#maxFields || (flags & END_HEADERS) === 0) return false;
    const padding = flags & PADDED ? (payload[0] ?? 0) : 0;
    const before = (flags & PADDED ? 1 : 0) + (flags & PRIORITY ? PRIORITY_BYTES : 0);
    return countFields(payload.subarray(before, payload.length - padding)) > this.#maxFields;
  }
}

function kindOf(type: number | undefined): keyof typeof LIMITS {
  if (type === RST_STREAM) return "reset";
  if (type === PING) return "ping";
  if (type === SETTINGS) return "settings";
  return "frames";
}

/** The fields of a block (RFC 7541 section 6), as far as it is one. They are not decoded, which is what may take long. */
export function countFields(block: Buffer): number {
  let count = 0;
  for (let at = 0; at < block.length;) {
    const first = block[at] ?? 0;
    if ((first & 0xe0) === 0x20) {
      at = integerAt(block, at, 0x1f).end;
      continue;
    }
    count += 1;
    const mask = first & 0x80 ? 0x7f : first & 0x40 ? 0x3f : 0x0f;
    const { value: index, end } = integerAt(block, at, mask);
    at = end;
    if (first & 0x80) continue;
    // The name, unless it is one of the table's; and the value.
    if (index === 0) at = stringEnd(block, at);
    at = stringEnd(block, at);
  }
  return count;
}

function stringEnd(block: Buffer, at: number): number {
  const { value, end } = integerAt(block, at, 0x7f);
  return end + value;
}

/** RFC 7541 section 5.1; `mask`: the bits that it has of its first byte. */
function integerAt(block: Buffer, from: number, mask: number): { value: number; end: number } {
  let at = from;
  let value = (block[at++] ?? 0) & mask;
  if (value < mask) return { value, end: at };
  for (let weight = 1; at < block.length; weight *= 128) {
    const byte = block[at++] ?? 0;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) break;
  }
  return { value, end: at };
}
