// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.

import type { FailureCode } from "../../request/failures.ts";
import { Body } from "./body.ts";
import type { RequestHeadRead } from "./read-request-head.ts";

/** So much of a body is kept for an instance that may refuse it unread: most messages of gRPC are smaller. */
const MAX_KEPT_BYTES = 16 * 1024;

/** The body of one request, and what of it can be sent a second time. */
export class RequestBody {
  readonly #body: Body;
  /** What came before there was a connection to an instance, as latin1 text. */
  keptText = "";
  /** All that came is kept. */
  canResend = true;

  constructor(head: RequestHeadRead) {
    this.#body = new Body(head.isChunked ? "chunked" : "length", head.contentLength);
  }

  get isWhole(): boolean {
    return this.#body.isWhole;
  }

  /** Bytes that came, without framing. */
  get dataBytes(): number {
    return this.#body.dataBytes;
  }

  /** Takes bytes from `from`..`to`; gives the index behind those that belong to the body. */
  take(bytes: Buffer, from: number, to: number): number {
    return this.#body.take(bytes, from, to);
  }

  /** Keeps what was taken; gives it as text. */
  keep(bytes: Buffer, from: number, to: number): string {
    const text = bytes.latin1Slice(from, to);
    this.keptText += text;
    return text;
  }

  /** What was taken was sent, and is kept besides, unless that is too much. */
  keepSent(bytes: Buffer, from: number, to: number): void {
    if (!this.canResend) return;
    this.canResend = this.keptText.length + (to - from) <= MAX_KEPT_BYTES;
    if (this.canResend) this.keep(bytes, from, to);
    else this.keptText = "";
  }

  /** What is wrong with what was taken so far. */
  failure(maxBodyBytes: number | undefined): FailureCode | undefined {
    if (this.#body.isMalformed) return "bad-request";
    const isTooLarge = maxBodyBytes !== undefined && this.#body.announcedBytes > maxBodyBytes;
    return isTooLarge ? "body-too-large" : undefined;
  }
}
