// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// Heads as they go out: always written anew from what was parsed, with the framing that the engine read.
// Nothing of a head's own bytes is sent on, so nobody behind us can read another message in it.

import { STATUS_CODES } from "node:http";

import type { Exchange } from "../../request/exchange.ts";
import { isNamed } from "../../request/field-lookup.ts";
import type { AnswerHead } from "./read-answer-head.ts";
import type { RequestHeadRead } from "./read-request-head.ts";

/** The value of the Connection field that an answer gets; "": none. */
export type ConnectionOption = "" | "close" | "keep-alive" | "Upgrade";

/** The head of a request to an instance, as latin1 text. */
export function requestHeadText(
  head: RequestHeadRead,
  exchange: Pick<Exchange, "target" | "upgrade" | "requestHeaders">,
): string {
  let text = `${head.method} ${exchange.target} HTTP/1.1\r\n${fieldLines(exchange.requestHeaders())}`;
  if (head.isChunked) text += "Transfer-Encoding: chunked\r\n";
  else if (head.contentLength >= 0) text += `Content-Length: ${head.contentLength}\r\n`;
  if (head.expectsContinue && head.hasBody) text += "Expect: 100-continue\r\n";
  if (exchange.upgrade !== undefined) text += `Connection: Upgrade\r\nUpgrade: ${exchange.upgrade}\r\n`;
  else if (head.takesTrailers) text += "Connection: TE\r\nTE: trailers\r\n";
  return `${text}\r\n`;
}

/** The head of an answer to a client, as latin1 text. */
export function answerHeadText(
  answer: Pick<AnswerHead, "status" | "reason">,
  headers: readonly string[],
  framing: string,
  connection: ConnectionOption,
): string {
  const option = connection === "" ? "" : `Connection: ${connection}\r\n`;
  return `${statusLine(answer)}${fieldLines(headers)}${framing}${option}\r\n`;
}

/** The head of a 101: the connection is the upgraded protocol's from there on. */
export function upgradeHeadText(answer: AnswerHead, headers: readonly string[], upgrade: string): string {
  return `${statusLine(answer)}${fieldLines(headers)}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
}

/** The head of an interim answer (1xx), as latin1 text. */
export function interimHeadText(answer: AnswerHead, headers: readonly string[]): string {
  return `${statusLine(answer)}${fieldLines(headers)}\r\n`;
}

function statusLine(answer: Pick<AnswerHead, "status" | "reason">): string {
  return `HTTP/1.1 ${answer.status} ${answer.reason === "" ? (STATUS_CODES[answer.status] ?? "") : answer.reason}\r\n`;
}

/** Flat fields as lines; those of the framing are left out. */
export function fieldLines(headers: readonly string[]): string {
  let text = "";
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? "";
    // One piece after the other: a template joins them first, which took a sixth longer.
    if (!isFraming(name)) text = text + name + ": " + (headers[index + 1] ?? "") + "\r\n";
  }
  return text;
}

function isFraming(name: string): boolean {
  if (name.length === 14) return isNamed(name, "content-length");
  return name.length === 17 && isNamed(name, "transfer-encoding");
}
