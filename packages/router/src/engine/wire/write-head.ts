// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// Heads as they go out: with the framing that the engine read, and every line as it would write it. Of a head's own
// text only such lines are sent on that were parsed and stand so already (read-fields.ts), none of them of the framing:
// nobody behind us can read another message in it.

import { STATUS_CODES } from "node:http";

import type { Exchange } from "../../request/exchange.ts";
import type { AnswerHead } from "./read-answer-head.ts";
import type { RequestHeadRead } from "./read-request-head.ts";

/** The value of the Connection field that an answer gets; "": none. */
export type ConnectionOption = "" | "close" | "keep-alive" | "Upgrade";

/** The head of a request to an instance, as latin1 text. */
export function requestHeadText(
  head: RequestHeadRead,
  exchange: Pick<Exchange, "target" | "upgrade" | "requestLines">,
): string {
  let text = `${head.method} ${exchange.target} HTTP/1.1\r\n` + exchange.requestLines();
  if (head.isChunked) text += "Transfer-Encoding: chunked\r\n";
  else if (head.contentLength >= 0) text += `Content-Length: ${head.contentLength}\r\n`;
  if (head.expectsContinue && head.hasBody) text += "Expect: 100-continue\r\n";
  if (exchange.upgrade !== undefined) text += `Connection: Upgrade\r\nUpgrade: ${exchange.upgrade}\r\n`;
  else if (head.takesTrailers) text += "Connection: TE\r\nTE: trailers\r\n";
  return `${text}\r\n`;
}

/** The head of an answer to a client, as latin1 text. `lines`: its fields, without framing. */
export function answerHeadText(
  answer: Pick<AnswerHead, "status" | "reason">,
  lines: string,
  framing: string,
  connection: ConnectionOption,
): string {
  const option = connection === "" ? "\r\n" : `Connection: ${connection}\r\n\r\n`;
  return statusLine(answer) + lines + framing + option;
}

/** The head of a 101: the connection is the upgraded protocol's from there on. */
export function upgradeHeadText(answer: AnswerHead, lines: string, upgrade: string): string {
  return `${statusLine(answer)}${lines}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
}

/** The head of an interim answer (1xx), as latin1 text. */
export function interimHeadText(answer: AnswerHead, lines: string): string {
  return `${statusLine(answer)}${lines}\r\n`;
}

const OK = "HTTP/1.1 200 OK\r\n";

function statusLine({ status, reason }: Pick<AnswerHead, "status" | "reason">): string {
  if (status === 200 && reason === "OK") return OK;
  return `HTTP/1.1 ${status} ${reason === "" ? (STATUS_CODES[status] ?? "") : reason}\r\n`;
}
