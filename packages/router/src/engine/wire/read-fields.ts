// Field lines of a head (RFC 9112 section 5), and what they say of framing and connection.

import { type FieldMark, FieldLines } from "../../request/field-lines.ts";
import { NameMarks } from "../../request/field-lookup.ts";
import { COLON, SPACE, TAB, TOKEN, UNDERSCORE } from "./bytes.ts";

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

/** Those that are read here. */
const SPECIAL = new NameMarks([
  "te",
  "host",
  "expect",
  "upgrade",
  "connection",
  "keep-alive",
  "content-length",
  "transfer-encoding",
]);

/** What of a head's lines to mark, and how many there may be. */
export interface FieldsPlan {
  readonly isMark: IsMark;
  readonly maxFields: number;
}

const NO_LINES = FieldLines.of([]);

/**
 * Reads the field lines of `head` from index `from` on: it ends with an empty line, and has no control
 * characters but TAB and CRLF (see head-end.ts). Gives the fields, or the reason why not.
 */
export function readFields(
  head: string,
  from: number,
  { isMark, maxFields }: FieldsPlan,
): HeadFields | string {
  const fields = noFields();
  const marks: FieldMark[] = [];
  const end = head.length - 2;
  let count = 0;
  let at = from;
  while (at < end) {
    if (count++ === maxFields) return TOO_MANY_FIELDS;
    const first = head.charCodeAt(at);
    let hasUnderscore = false;
    let colon = at;
    for (let code = first; TOKEN[code] === 1; code = head.charCodeAt(++colon)) {
      if (code === UNDERSCORE) hasUnderscore = true;
    }
    // A folded line (RFC 9112 section 5.2) begins with whitespace, so it ends here too.
    if (colon === at || head.charCodeAt(colon) !== COLON) return "a header field's name is malformed";
    const lineEnd = head.indexOf("\r", colon + 1);
    const isCanonical = isCanonicalValue(head, colon + 1, lineEnd);
    const length = colon - at;
    if (!isCanonical || SPECIAL.has(length, first) || isMark(length, first, hasUnderscore)) {
      const value = isCanonical ? head.slice(colon + 2, lineEnd) : trimmed(head, colon + 1, lineEnd);
      marks.push({ name: head.slice(at, colon), value, at, end: lineEnd + 2, isCanonical });
      const reason = readSpecial(fields, head, at, length, value);
      if (reason !== undefined) return reason;
    }
    at = lineEnd + 2;
  }
  if (fields.isChunked && fields.contentLength !== -1) {
    return "Content-Length and Transfer-Encoding stand together";
  }
  fields.lines = new FieldLines(head, from, end, marks);
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
function isCanonicalValue(head: string, from: number, to: number): boolean {
  if (head.charCodeAt(from) !== SPACE) return false;
  return from + 1 === to || !(isBlank(head.charCodeAt(from + 1)) || isBlank(head.charCodeAt(to - 1)));
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

// By length first: most fields are none of these.
function readSpecial(
  fields: HeadFields,
  head: string,
  at: number,
  length: number,
  value: string,
): string | undefined {
  switch (length) {
    case 2:
      if (isNamed(head, at, "te")) fields.te = joined(fields.te, value);
      return undefined;
    case 4:
      if (isNamed(head, at, "host")) fields.hostCount++;
      return undefined;
    case 6:
      if (isNamed(head, at, "expect")) fields.expect = joined(fields.expect, value);
      return undefined;
    case 7:
      if (isNamed(head, at, "upgrade")) fields.upgrade = joined(fields.upgrade, value);
      return undefined;
    case 10:
      if (isNamed(head, at, "connection")) readConnection(fields, value);
      else if (isNamed(head, at, "keep-alive")) fields.keepAlive = value;
      return undefined;
    case 14:
      return isNamed(head, at, "content-length") ? readLength(fields, value) : undefined;
    case 17:
      return isNamed(head, at, "transfer-encoding") ? readEncoding(fields, value) : undefined;
    default:
      return undefined;
  }
}

/** The name at `at` is `wanted`, in whatever case: of a token, only a letter becomes a letter or a hyphen by 0x20. */
function isNamed(head: string, at: number, wanted: string): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if ((head.charCodeAt(at + index) | 0x20) !== wanted.charCodeAt(index)) return false;
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
