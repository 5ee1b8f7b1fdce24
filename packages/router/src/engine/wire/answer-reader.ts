// Request path 6 of 7: read -> match -> pick -> connect -> forward -> RELAY THE ANSWER -> log.
// Reads the answers that come on one connection to an instance, in whatever pieces they come.

import { answerBody } from "./answer-body.ts";
import type { Body } from "./body.ts";
import { HEAD_INCOMPLETE, HEAD_MALFORMED, findHeadEnd, nextHeadScan } from "./head-end.ts";
import { type AnswerHead, MAX_ANSWER_HEAD_BYTES, readAnswerHead } from "./read-answer-head.ts";
import { keepBytes, wordsOf } from "./shared-read.ts";

/** Gets what an answer is made of. */
export interface AnswerParts {
  /** The method is HEAD, so no answer has a body. */
  readonly isHead: boolean;
  /** An interim answer: 1xx, but not 101. */
  onInterim(answer: AnswerHead): void;
  /** The final head. `onAnswerBody` follows at once, with what came along, which may be nothing. */
  onAnswerHead(answer: AnswerHead, body: Body): void;
  /** Bytes of the body as they came, framing included. `isLast`: the answer is whole with them. */
  onAnswerBody(bytes: Buffer, from: number, to: number, isLast: boolean): void;
}

/**
 * What the bytes so far make. `whole`: the answer, to its last byte. `overrun`: more came behind it.
 * `upgraded`: its head is a 101.
 */
export type AnswerProgress = "partial" | "whole" | "overrun" | "malformed" | "upgraded";

/** A bound on how long one answer may be put off by interim ones. */
const MAX_INTERIMS = 32;

/** Reads one answer after the other; {@link AnswerReader.start} comes before each. */
export class AnswerReader {
  /** Who gets the answer; undefined: nobody, any more. */
  parts: AnswerParts | undefined;
  /** The head of the answer that was read last: 101, or a final one. */
  answer: AnswerHead | undefined;
  /** What came behind a 101. */
  upgradedBytes: Buffer | undefined;
  /** Bytes of the answer came. */
  hasBegun = false;
  #body: Body | undefined;
  #partialHead: Buffer | undefined;
  #scannedBytes = 0;
  #interims = 0;

  /** The next answer goes to `parts`. */
  start(parts: AnswerParts): void {
    this.parts = parts;
    this.hasBegun = false;
    this.#body = undefined;
    this.#interims = 0;
  }

  /** The answer has begun, and ends with its connection. */
  get endsWithConnection(): boolean {
    return this.#body?.framing === "until-close";
  }

  /** Reads the next bytes, 0..`to`, for `parts`. */
  read(parts: AnswerParts, bytes: Buffer, to: number): AnswerProgress {
    this.hasBegun = true;
    if (this.#body !== undefined) return this.#readBody(parts, this.#body, bytes, 0, to);
    if (this.#partialHead === undefined) return this.#readHeads(parts, bytes, to);
    const joined = Buffer.concat([this.#partialHead, bytes.subarray(0, to)]);
    this.#partialHead = undefined;
    return this.#readHeads(parts, joined, joined.length);
  }

  #readHeads(parts: AnswerParts, bytes: Buffer, to: number): AnswerProgress {
    let at = 0;
    // An interim answer may end the exchange: its client may be found gone.
    while (at < to && this.parts === parts) {
      const limit = Math.min(to, at + MAX_ANSWER_HEAD_BYTES);
      const end = findHeadEnd(bytes, at, at + this.#scannedBytes, limit, wordsOf(bytes));
      if (end === HEAD_MALFORMED) return "malformed";
      if (end === HEAD_INCOMPLETE) return this.#keepPartialHead(bytes, at, to);
      this.#scannedBytes = 0;
      const answer = readAnswerHead({ text: bytes.latin1Slice(at, end), bytes, start: at });
      if (typeof answer === "string") return "malformed";
      at = end;
      if (answer.status === 101) return this.#upgrade(answer, bytes, at, to);
      if (answer.status >= 200) return this.#readAnswer(parts, answer, bytes, at, to);
      if (++this.#interims > MAX_INTERIMS) return "malformed";
      parts.onInterim(answer);
    }
    return "partial";
  }

  #keepPartialHead(bytes: Buffer, from: number, to: number): AnswerProgress {
    if (to - from >= MAX_ANSWER_HEAD_BYTES) return "malformed";
    this.#partialHead = keepBytes(bytes, from, to);
    this.#scannedBytes = nextHeadScan(this.#partialHead, to - from);
    return "partial";
  }

  #upgrade(answer: AnswerHead, bytes: Buffer, from: number, to: number): AnswerProgress {
    if (answer.upgrade === undefined) return "malformed";
    this.answer = answer;
    this.upgradedBytes = keepBytes(bytes, from, to);
    return "upgraded";
  }

  #readAnswer(
    parts: AnswerParts,
    answer: AnswerHead,
    bytes: Buffer,
    from: number,
    to: number,
  ): AnswerProgress {
    const body = answerBody(answer, parts.isHead);
    const end = body.take(bytes, from, to);
    // Before a byte has gone to the client it can still be told.
    if (body.isMalformed) return "malformed";
    this.answer = answer;
    this.#body = body;
    parts.onAnswerHead(answer, body);
    return handOn(parts, body, bytes, from, end, to);
  }

  #readBody(parts: AnswerParts, body: Body, bytes: Buffer, from: number, to: number): AnswerProgress {
    const end = body.take(bytes, from, to);
    return body.isMalformed ? "malformed" : handOn(parts, body, bytes, from, end, to);
  }
}

function handOn(
  parts: AnswerParts,
  body: Body,
  bytes: Buffer,
  from: number,
  end: number,
  to: number,
): AnswerProgress {
  const { isWhole } = body;
  parts.onAnswerBody(bytes, from, end, isWhole);
  if (!isWhole) return "partial";
  return end < to ? "overrun" : "whole";
}
