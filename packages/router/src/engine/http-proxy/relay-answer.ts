import type { IncomingMessage, ServerResponse } from "node:http";

import type { Exchange } from "../../request/exchange.ts";

/** How an answer is passed on. */
export interface Relay {
  readonly exchange: Exchange;
  readonly answer: IncomingMessage;
  readonly response: ServerResponse;
  /** The client's connection ends with this answer. */
  readonly mustClose: boolean;
}

/** What a status line may hold (RFC 9112 section 4). Node would throw at anything else. */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Sends an answer's head to the client and begins to pipe its body. False, with nothing sent, when
 * the head is not one that can be passed on: then the answer is malformed.
 */
export function relayHead({ exchange, answer, response, mustClose }: Relay): boolean {
  const status = answer.statusCode ?? 0;
  const coding = answer.headers["transfer-encoding"];
  // A coding that Node has not taken off would reach the client without its label.
  if (
    status < 200 ||
    answer.httpVersionMajor !== 1 ||
    (coding !== undefined && coding.toLowerCase() !== "chunked")
  )
    return false;
  const reason = answer.statusMessage ?? "";
  const fields = withoutTrailerField(exchange.answerHeaders(status, answer.rawHeaders));
  if (mustClose) fields.push("Connection", "close");
  try {
    response.sendDate = false;
    response.writeHead(status, REASON.test(reason) && reason !== "" ? reason : undefined, fields);
  } catch {
    return false;
  }
  // A client that waits for the first event of a stream must see that there is one. Not by flushHeaders:
  // that writes the head in UTF-8, and a byte above 127 becomes two.
  response.write("", "latin1");
  return true;
}

/** Node drops trailers, and throws when they are announced for an answer that is not chunked. */
export function withoutTrailerField(fields: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    if (name.toLowerCase() !== "trailer") kept.push(name, fields[index + 1] ?? "");
  }
  return kept;
}
