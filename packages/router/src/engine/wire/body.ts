// The body of one message: which bytes belong to it (RFC 9112 section 6.3).

import { ChunkedScanner } from "./chunked.ts";

/** How a body is delimited. */
export type Framing = "none" | "length" | "chunked" | "until-close";

/** Follows one body, in whatever pieces it comes. */
export class Body {
  readonly framing: Framing;
  #missing: number;
  #taken = 0;
  readonly #chunks: ChunkedScanner | undefined;

  /** `length`: bytes of body when the framing is `length`. */
  constructor(framing: Framing, length: number) {
    this.framing = framing;
    this.#missing = framing === "length" ? length : 0;
    this.#chunks = framing === "chunked" ? new ChunkedScanner() : undefined;
  }

  /** Bytes of data that are known to make it up: a length, or the sizes of the chunks so far. */
  get announcedBytes(): number {
    return this.#chunks === undefined ? this.#taken + this.#missing : this.#chunks.announcedBytes;
  }

  /** Bytes of data that came, without framing. */
  get dataBytes(): number {
    return this.#chunks === undefined ? this.#taken : this.#chunks.dataBytes;
  }

  /** Nothing is missing. A body until close is whole when its connection ends. */
  get isWhole(): boolean {
    if (this.framing === "length") return this.#missing === 0;
    return this.#chunks === undefined ? this.framing === "none" : this.#chunks.isWhole;
  }

  get isMalformed(): boolean {
    return this.#chunks !== undefined && this.#chunks.isMalformed;
  }

  /** Takes bytes from `from`..`to`; gives the index behind those that belong to the body. */
  take(bytes: Buffer, from: number, to: number): number {
    if (this.#chunks !== undefined) return this.#chunks.scan(bytes, from, to);
    const end = this.framing === "until-close" ? to : Math.min(to, from + this.#missing);
    this.#taken += end - from;
    this.#missing -= this.framing === "length" ? end - from : 0;
    return end;
  }
}
