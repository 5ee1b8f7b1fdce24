// How an answer's body is delimited, and how it goes on to the client (RFC 9112 section 6.3).

import { Body } from "./body.ts";
import type { AnswerHead } from "./read-answer-head.ts";

/** The body that follows an answer's head. `isHead`: the request's method was HEAD. */
export function answerBody(answer: AnswerHead, isHead: boolean): Body {
  if (isHead || answer.status === 204 || answer.status === 304) return new Body("none", 0);
  if (answer.isChunked) return new Body("chunked", 0);
  if (answer.contentLength === -1) return new Body("until-close", 0);
  return new Body(answer.contentLength === 0 ? "none" : "length", answer.contentLength);
}

/**
 * How the body goes to the client. `as-it-came`: byte by byte. `chunk`: it ends with its connection, and
 * the client's can be kept and tells a cut one from a whole one when it gets chunks. `unchunk`: the client
 * is HTTP/1.0 and knows no chunks.
 */
export type BodyRelay = "as-it-came" | "chunk" | "unchunk";

export function bodyRelay(body: Body, isLatestClient: boolean): BodyRelay {
  if (body.framing === "until-close" && isLatestClient) return "chunk";
  return body.framing === "chunked" && !isLatestClient ? "unchunk" : "as-it-came";
}

/** The field line that announces the body to the client; "" when only the connection's end does, or none is. */
export function framingLine(answer: AnswerHead, body: Body, isLatestClient: boolean): string {
  if (body.framing === "chunked" || body.framing === "until-close") {
    return isLatestClient ? "Transfer-Encoding: chunked\r\n" : "";
  }
  // A 204 has no length (RFC 9110 section 8.6); a 304 and the answer to HEAD tell that of another one.
  if (answer.contentLength === -1 || answer.status === 204) return "";
  return `Content-Length: ${answer.contentLength}\r\n`;
}
