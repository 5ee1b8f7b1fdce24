// Request path 6 of 7: read -> match -> pick -> connect -> forward -> RELAY THE ANSWER -> log.

import { isAnswerMark } from "../../request/answer-fields.ts";
import type { FieldLines } from "../../request/field-lines.ts";
import { type FieldsPlan, type HeadFields, type HeadText, readFields } from "./read-fields.ts";

/** The head of an instance's answer, interim or final. */
export interface AnswerHead {
  readonly status: number;
  /** May be empty. */
  readonly reason: string;
  /** name, value, name, value, ... */
  readonly rawHeaders: readonly string[];
  /** The same as lines, where the engine has them so. */
  readonly lines?: FieldLines;
  /** Bytes of body; -1 when the head does not say. */
  readonly contentLength: number;
  readonly isChunked: boolean;
  /** The instance takes another request on this connection. */
  readonly persists: boolean;
  /** The value of Upgrade, when Connection names it. */
  readonly upgrade: string | undefined;
  /** The value of Keep-Alive. */
  readonly keepAlive: string | undefined;
}

/** An instance may send this many header fields; a head of theirs has at most {@link MAX_ANSWER_HEAD_BYTES}. */
const PLAN: FieldsPlan = { isMark: isAnswerMark, maxFields: 1_000 };
/** More than any client or proxy behind this one takes, and a bound on what a bad instance can make us hold. */
export const MAX_ANSWER_HEAD_BYTES = 256 * 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9][0-9])(?: ([^\r]*))?\r\n/;

/**
 * Reads a whole head of an answer, as {@link findHeadEnd} delimits it. Gives the head,
 * or the reason why it is none.
 */
export function readAnswerHead(head: HeadText): AnswerHead | string {
  const line = readStatusLine(head.text);
  if (line === undefined) return "the status line is malformed";
  const fields = readFields(head, line.end, PLAN);
  if (typeof fields === "string") return fields;
  if (fields.isChunked && !line.isLatest) return "Transfer-Encoding stands in HTTP/1.0";
  return new TextHead(line, fields);
}

class TextHead implements AnswerHead {
  readonly status: number;
  readonly reason: string;
  readonly lines: FieldLines;
  readonly contentLength: number;
  readonly isChunked: boolean;
  readonly persists: boolean;
  readonly upgrade: string | undefined;
  readonly keepAlive: string | undefined;

  constructor(line: StatusLine, fields: HeadFields) {
    this.status = line.status;
    this.reason = line.reason;
    this.lines = fields.lines;
    this.contentLength = fields.contentLength;
    this.isChunked = fields.isChunked;
    this.persists = !fields.hasClose && (line.isLatest || fields.hasKeepAlive);
    this.upgrade = fields.hasUpgrade ? fields.upgrade : undefined;
    this.keepAlive = fields.keepAlive;
  }

  /** Taken apart only for who asks. */
  get rawHeaders(): string[] {
    return this.lines.flat();
  }
}

interface StatusLine {
  readonly status: number;
  readonly reason: string;
  readonly isLatest: boolean;
  readonly end: number;
}

const OK: StatusLine = { status: 200, reason: "OK", isLatest: true, end: "HTTP/1.1 200 OK\r\n".length };

function readStatusLine(text: string): StatusLine | undefined {
  // Nearly every answer, without the cost of a match.
  if (text.startsWith("HTTP/1.1 200 OK\r\n")) return OK;
  const match = STATUS_LINE.exec(text);
  if (match === null) return undefined;
  return {
    status: Number(match[2]),
    reason: match[3] ?? "",
    isLatest: match[1] === "1",
    end: match[0].length,
  };
}
