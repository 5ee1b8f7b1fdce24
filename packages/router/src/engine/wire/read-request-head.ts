// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.

import type { RequestHead } from "../../request/exchange.ts";
import type { FieldLines } from "../../request/field-lines.ts";
import { isRequestMark } from "../../request/request-fields.ts";
import { CR, DELETE, METHOD, SPACE } from "./bytes.ts";
import { type HeadFields, type HeadText, readFields } from "./read-fields.ts";

/** A request's head, and what the engine must know of it besides. */
export interface RequestHeadRead extends RequestHead {
  /** Bytes of body; -1 when the head does not say. */
  readonly contentLength: number;
  readonly isChunked: boolean;
  /** The client wants to send another request on this connection. */
  readonly persists: boolean;
  /** The client waits for a 100 before it sends its body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** The client takes trailers: `TE: trailers`, named by Connection (RFC 9110 section 10.1.4). */
  readonly takesTrailers: boolean;
}

const TRAILERS = /(?:^|[\s,])trailers(?:$|[\s,])/i;

/**
 * Reads a whole request head, as {@link findHeadEnd} delimits it. Gives the head, or
 * the reason to refuse it. Stricter than RFC 9112 asks for, wherever two servers may read two messages.
 */
export function readRequestHead(head: HeadText, maxFields: number): RequestHeadRead | string {
  const { text } = head;
  const methodEnd = endOfMethod(text);
  if (methodEnd === 0 || text.charCodeAt(methodEnd) !== SPACE) return "the request's method is malformed";
  const targetEnd = endOfTarget(text, methodEnd + 1);
  if (targetEnd === methodEnd + 1) return "the request's target is malformed";
  const httpVersion = versionAt(text, targetEnd);
  if (httpVersion === undefined) return "the request line's end is malformed";

  const fields = readFields(head, targetEnd + 11, { isMark: isRequestMark, maxFields });
  if (typeof fields === "string") return fields;
  if (fields.hostCount > 1) return "Host is repeated";
  const isLatest = httpVersion === "1.1";
  if (fields.hostCount === 0 && isLatest) return "Host is missing";
  // RFC 9112 section 6.1: HTTP/1.0 knows no Transfer-Encoding, so who sends it does not mean it.
  if (fields.isChunked && !isLatest) return "Transfer-Encoding stands in HTTP/1.0";
  const method = text.slice(0, methodEnd);
  return new TextHead({ method, target: text.slice(methodEnd + 1, targetEnd), httpVersion }, fields);
}

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: "1.0" | "1.1";
}

class TextHead implements RequestHeadRead {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: "1.0" | "1.1";
  readonly lines: FieldLines;
  readonly contentLength: number;
  readonly isChunked: boolean;
  readonly hasBody: boolean;
  readonly isUpgrade: boolean;
  readonly persists: boolean;
  readonly expectsContinue: boolean;
  readonly takesTrailers: boolean;

  constructor({ method, target, httpVersion }: RequestLine, fields: HeadFields) {
    const isLatest = httpVersion === "1.1";
    this.method = method;
    this.target = target;
    this.httpVersion = httpVersion;
    this.lines = fields.lines;
    this.contentLength = fields.contentLength;
    this.isChunked = fields.isChunked;
    this.hasBody = fields.isChunked || fields.contentLength > 0;
    this.isUpgrade = fields.hasUpgrade && isLatest && fields.upgrade !== undefined;
    this.persists = !fields.hasClose && (isLatest || fields.hasKeepAlive);
    this.expectsContinue = isLatest && fields.expect !== undefined && isContinue(fields.expect);
    this.takesTrailers = isLatest && fields.hasTe && fields.te !== undefined && TRAILERS.test(fields.te);
  }

  /** Taken apart only for who asks. */
  get rawHeaders(): string[] {
    return this.lines.flat();
  }
}

function endOfMethod(text: string): number {
  let at = 0;
  while (METHOD[text.charCodeAt(at)] === 1) at++;
  return at;
}

/** Visible ASCII only; which of the four forms it has is for request/ to judge. */
function endOfTarget(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code > SPACE && code < DELETE; code = text.charCodeAt(at)) at++;
  return at;
}

function versionAt(text: string, at: number): "1.0" | "1.1" | undefined {
  if (!text.startsWith(" HTTP/1.", at) || text.charCodeAt(at + 9) !== CR) return undefined;
  const minor = text.charCodeAt(at + 8);
  if (minor === 0x31 /* 1 */) return "1.1";
  return minor === 0x30 /* 0 */ ? "1.0" : undefined;
}

function isContinue(expect: string): boolean {
  return expect.toLowerCase() === "100-continue";
}
