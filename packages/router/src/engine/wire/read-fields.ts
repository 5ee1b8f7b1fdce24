// Field lines of a head (RFC 9112 section 5), and what they say of framing and connection.

import { type FieldMark, FieldLines } from "../../request/field-lines.ts";
import { NameMarks } from "../../request/field-lookup.ts";
import { COLON, SPACE, TAB, TOKEN, TOKEN_PLAIN } from "./bytes.ts";

/** What the fields of one head say; the engine decides all framing by this and by nothing else. */
export interface HeadFields {
  /** The lines; marked are those that {@link IsMark} tells, and those that are to be written anew. */
  lines: FieldLines;
  hostCount: number;
  /** -1: no Content-Length. */
  contentLength: number;
  isChunked: boolean;
  /** The options that Connection names (RFC 9110 section 7.6.1), of those that mean something here. */
  hasClose: boolean;
  hasKeepAlive: boolean;
  hasUpgrade: boolean;
  hasTe: boolean;
  upgrade: string | undefined;
  expect: string | undefined;
  te: string | undefined;
  keepAlive: string | undefined;
}

/** The reason that answers 431 instead of 400. */
export const TOO_MANY_FIELDS = "too many header fields";

/** So that every length is an exact number. */
const MAX_LENGTH_DIGITS = 15;

/** Whether the policy must look at a field: by the length of its name, its first code, and whether it has a `_`. */
export type IsMark = (length: number, first: number, hasUnderscore: boolean) => boolean;

const TE = Buffer.from("te");
const HOST = Buffer.from("host");
const EXPECT = Buffer.from("expect");
const UPGRADE = Buffer.from("upgrade");
const CONNECTION = Buffer.from("connection");
const KEEP_ALIVE = Buffer.from("keep-alive");
const CONTENT_LENGTH = Buffer.from("content-length");
const TRANSFER_ENCODING = Buffer.from("transfer-encoding");
/** Those that are read here. */
const SPECIAL = new NameMarks(
  [TE, HOST, EXPECT, UPGRADE, CONNECTION, KEEP_ALIVE, CONTENT_LENGTH, TRANSFER_ENCODING].map(String),
);

/** What of a head's lines to mark, and how many there may be. */
export interface FieldsPlan {
  readonly isMark: IsMark;
  readonly maxFields: number;
}

const NO_LINES = FieldLines.of([]);

/** A whole head, as findHeadEnd delimits it: as latin1 text, and as bytes from `start` on. Bytes are read twice as fast. */
export interface HeadText {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly start: number;
}

/**
 * Reads the field lines of a head from index `from` of its text on: it ends with an empty line, and has no control
 * characters but TAB and CRLF (see head-end.ts). Gives the fields, or the reason why not.
 */
export function readFields(head: HeadText, from: number, plan: FieldsPlan): HeadFields | string {
  const { text, bytes, start } = head;
  const { isMark, maxFields } = plan;
  const fields = noFields();
  let firstMark: FieldMark | undefined;
  let lastMark: FieldMark | undefined;
  const end = text.length - 2;
  let count = 0;
  let at = from;
  while (at < end) {
    if (count++ === maxFields) return TOO_MANY_FIELDS;
    const first = start + at;
    let colon = first;
    let classes = 0;
    for (let kind = TOKEN[bytes[colon] ?? 0] ?? 0; kind !== 0; kind = TOKEN[bytes[++colon] ?? 0] ?? 0)
      classes |= kind;
    const length = colon - first;
    // A folded line (RFC 9112 section 5.2) begins with whitespace, so it ends here too.
    if (length === 0 || bytes[colon] !== COLON) return "a header field's name is malformed";
    const lineEnd = text.indexOf("\r", at + length + 1);
    const isCanonical = isCanonicalValue(bytes, colon + 1, start + lineEnd);
    const letter = bytes[first] ?? 0;
    if (!isCanonical || SPECIAL.has(length, letter) || isMark(length, letter, classes !== TOKEN_PLAIN)) {
      const valueAt = at + length + 1;
      const value = isCanonical ? text.slice(valueAt + 1, lineEnd) : trimmed(text, valueAt, lineEnd);
      const name = text.slice(at, at + length);
      const mark: FieldMark = { name, value, at, end: lineEnd + 2, isCanonical, next: undefined };
      if (lastMark === undefined) firstMark = mark;
      else lastMark.next = mark;
      lastMark = mark;
      const reason = readSpecial(fields, { bytes, first, length }, value);
      if (reason !== undefined) return reason;
    }
    at = lineEnd + 2;
  }
  if (fields.isChunked && fields.contentLength !== -1) {
    return "Content-Length and Transfer-Encoding stand together";
  }
  fields.lines = new FieldLines(text, from, end, firstMark);
  return fields;
}

function noFields(): HeadFields {
  return {
    lines: NO_LINES,
    hostCount: 0,
    contentLength: -1,
    isChunked: false,
    hasClose: false,
    hasKeepAlive: false,
    hasUpgrade: false,
    hasTe: false,
    upgrade: undefined,
    expect: undefined,
    te: undefined,
    keepAlive: undefined,
  };
}

/** One space before the value, and no other whitespace around it: so it would be written, too. */
function isCanonicalValue(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== SPACE) return false;
  return from + 1 === to || !(isBlank(bytes[from + 1] ?? 0) || isBlank(bytes[to - 1] ?? 0));
}

function trimmed(head: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(head.charCodeAt(start))) start++;
  while (end > start && isBlank(head.charCodeAt(end - 1))) end--;
  return head.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** A field's name among the bytes of a head. */
interface NameAt {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly length: number;
}

// By length first: most fields are none of these.
function readSpecial(fields: HeadFields, name: NameAt, value: string): string | undefined {
  switch (name.length) {
    case 2:
      if (isNamed(name, TE)) fields.te = joined(fields.te, value);
      return undefined;
    case 4:
      if (isNamed(name, HOST)) fields.hostCount++;
      return undefined;
    case 6:
      if (isNamed(name, EXPECT)) fields.expect = joined(fields.expect, value);
      return undefined;
    case 7:
      if (isNamed(name, UPGRADE)) fields.upgrade = joined(fields.upgrade, value);
      return undefined;
    case 10:
      if (isNamed(name, CONNECTION)) readConnection(fields, value);
      else if (isNamed(name, KEEP_ALIVE)) fields.keepAlive = value;
      return undefined;
    case 14:
      return isNamed(name, CONTENT_LENGTH) ? readLength(fields, value) : undefined;
    case 17:
      return isNamed(name, TRANSFER_ENCODING) ? readEncoding(fields, value) : undefined;
    default:
      return undefined;
  }
}

/** The name is `wanted`, in whatever case: of a token, only a letter becomes a letter or a hyphen by 0x20. */
function isNamed({ bytes, first }: NameAt, wanted: Uint8Array): boolean {
  for (let at = 0; at < wanted.length; at++) {
    if (((bytes[first + at] ?? 0) | 0x20) !== wanted[at]) return false;
  }
  return true;
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

function readLength(fields: HeadFields, value: string): string | undefined {
  // Repeated ones are refused even when they agree: they are a sign of two writers of one head.
  if (fields.contentLength !== -1) return "Content-Length is repeated";
  const length = lengthOf(value);
  if (length === -1) return "Content-Length is malformed";
  fields.contentLength = length;
  return undefined;
}

/** -1: not 1 to {@link MAX_LENGTH_DIGITS} digits and nothing else. */
function lengthOf(value: string): number {
  if (value.length === 0 || value.length > MAX_LENGTH_DIGITS) return -1;
  let length = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

function readEncoding(fields: HeadFields, value: string): string | undefined {
  if (fields.isChunked) return "Transfer-Encoding is repeated";
  if (value.toLowerCase() !== "chunked") return "Transfer-Encoding is not chunked";
  fields.isChunked = true;
  return undefined;
}

function readConnection(fields: HeadFields, value: string): void {
  if (value === "keep-alive") fields.hasKeepAlive = true;
  else if (value === "close") fields.hasClose = true;
  else for (const option of value.toLowerCase().split(",")) readOption(fields, option.trim());
}

function readOption(fields: HeadFields, option: string): void {
  if (option === "close") fields.hasClose = true;
  else if (option === "keep-alive") fields.hasKeepAlive = true;
  else if (option === "upgrade") fields.hasUpgrade = true;
  else if (option === "te") fields.hasTe = true;
}
