// The chunked transfer coding (RFC 9112 section 7.1), read only to find its end: the bytes go on as they came.

import { CR, LF, TOKEN } from "./bytes.ts";

/** Gets each run of data that lies between the framing. */
export type OnChunkData = (bytes: Buffer, from: number, to: number) => void;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;
const TRAILER_LF = 7;
const WHOLE = 8;
const MALFORMED = 9;

/** Leading zeros are fine, but not without end. */
const MAX_SIZE_DIGITS = 16;
/** All extensions of one body together: nobody uses them but to make servers work. */
const MAX_EXTENSION_BYTES = 4 * 1024;
const MAX_TRAILER_BYTES = 8 * 1024;

// A quoted value must be closed on its line, lest a reader that takes CRLF as part of it go on reading.
const EXTENSIONS =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\.)*"))?)+$/;

// RFC 9110 section 6.5.1: a trailer must not say what the head says of framing, routing, the connection or the client,
// nor may it look so to who makes `_` of `-`.
const NOT_IN_TRAILERS =
  /^(?:content-length|transfer-encoding|connection|host|te|trailer|upgrade|expect|keep-alive|content-encoding|content-type|content-range|authorization|proxy-.*|forwarded|x[-_]forwarded[-_].*|x[-_]real[-_]ip|client[-_]cert(?:[-_]chain)?|set-cookie|cookie)$/i;

/** Whether a field of this name may stand in trailers. */
export function mayTrail(name: string): boolean {
  return !NOT_IN_TRAILERS.test(name);
}

/** Who wants more than to know where the body ends. */
export interface ChunkTaker {
  /** Gets the data without its framing: for a receiver that does not know chunks. */
  readonly onData?: OnChunkData;
  /** Gets each trailer. */
  readonly onTrailer?: (name: string, value: string) => void;
}

const NOBODY: ChunkTaker = {};

/** Scans one chunked body, in whatever pieces it comes. */
export class ChunkedScanner {
  #state = SIZE;
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #line = "";
  /** Bytes of data that the chunk sizes so far announce. */
  announcedBytes = 0;
  readonly #taker: ChunkTaker;

  constructor(taker = NOBODY) {
    this.#taker = taker;
  }

  /** The last chunk and the trailers are read. */
  get isWhole(): boolean {
    return this.#state === WHOLE;
  }

  get isMalformed(): boolean {
    return this.#state === MALFORMED;
  }

  /** Bytes of data that came. */
  get dataBytes(): number {
    return this.announcedBytes - (this.#state === DATA ? this.#size : 0);
  }

  /** Takes bytes of the body from `from`..`to`; gives the index behind those that belong to it. */
  scan(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && this.#state < WHOLE) {
      if (this.#state === DATA) at = this.#skipData(bytes, at, to);
      else this.#step(bytes[at++] ?? 0);
    }
    return at;
  }

  #skipData(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.#size);
    this.#size -= end - from;
    if (this.#size === 0) this.#state = DATA_CR;
    this.#taker.onData?.(bytes, from, end);
    return end;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case SIZE:
        return this.#readSize(byte);
      case EXTENSION:
        return this.#readExtension(byte);
      case SIZE_LF:
        return byte === LF ? this.#startChunk() : this.#refuse();
      case DATA_CR:
        return this.#expect(byte, CR, DATA_LF);
      case DATA_LF:
        return this.#expect(byte, LF, SIZE);
      case TRAILER:
        return this.#readTrailer(byte);
      default:
        return byte === LF ? this.#endTrailerLine() : this.#refuse();
    }
  }

  #readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit;
      this.#digits++;
      if (this.#digits > MAX_SIZE_DIGITS || this.#size > Number.MAX_SAFE_INTEGER) this.#refuse();
      return;
    }
    if (this.#digits === 0) return this.#refuse();
    if (byte === CR) this.#state = SIZE_LF;
    else if (byte === 0x3b /* ; */) this.#startExtension();
    else this.#refuse();
  }

  #startExtension(): void {
    this.#state = EXTENSION;
    this.#line = ";";
  }

  #readExtension(byte: number): void {
    if (byte === CR) {
      if (EXTENSIONS.test(this.#line)) this.#state = SIZE_LF;
      else this.#refuse();
      return;
    }
    if (isControl(byte) || ++this.#extensionBytes > MAX_EXTENSION_BYTES) return this.#refuse();
    this.#line += String.fromCharCode(byte);
  }

  #startChunk(): void {
    this.#line = "";
    this.#digits = 0;
    this.announcedBytes += this.#size;
    this.#state = this.#size === 0 ? TRAILER : DATA;
  }

  #readTrailer(byte: number): void {
    if (byte === CR) {
      this.#state = TRAILER_LF;
      return;
    }
    if (isControl(byte) || ++this.#trailerBytes > MAX_TRAILER_BYTES) return this.#refuse();
    this.#line += String.fromCharCode(byte);
  }

  #endTrailerLine(): void {
    if (this.#line === "") this.#state = WHOLE;
    else if (isTrailer(this.#line)) this.#takeTrailer(this.#line);
    else this.#refuse();
    this.#line = "";
  }

  #takeTrailer(line: string): void {
    this.#state = TRAILER;
    const colon = line.indexOf(":");
    this.#taker.onTrailer?.(line.slice(0, colon), line.slice(colon + 1).trim());
  }

  #expect(byte: number, wanted: number, next: number): void {
    this.#state = byte === wanted ? next : MALFORMED;
  }

  #refuse(): void {
    this.#state = MALFORMED;
  }
}

function isTrailer(line: string): boolean {
  const colon = line.indexOf(":");
  if (colon < 1) return false;
  for (let at = 0; at < colon; at++) if ((TOKEN[line.charCodeAt(at)] ?? 0) === 0) return false;
  return mayTrail(line.slice(0, colon));
}

function isControl(byte: number): boolean {
  return byte < 0x20 ? byte !== 0x09 : byte === 0x7f;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
