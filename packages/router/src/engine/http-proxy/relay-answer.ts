import type { IncomingMessage, ServerResponse } from "node:http";

import { classifyError } from "../../request/classify.ts";
import type { Exchange } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import { withoutTrailerField } from "./trailer-field.ts";

/** How an answer is passed on. */
export interface Relay {
  readonly exchange: Exchange;
  readonly answer: IncomingMessage;
  readonly response: ServerResponse;
  /** The client's connection ends with this answer. */
  readonly mustClose: boolean;
}

/** What becomes of an answer's body. */
export interface RelayEvents {
  /** So many bytes came from the instance; 0 when the client made room for more. */
  onMoved(bytes: number): void;
  /** The instance has sent all of it. */
  onWhole(): void;
  onFailed(failure: FailureCode): void;
}

/** What a status line may hold (RFC 9112 section 4). Node would throw at anything else. */
const REASON = /^[\t\x20-\x7e\x80-\xff]+$/;

/**
 * Sends an answer's head to the client and pipes its body. False, with nothing sent, when the head is
 * not one that can be passed on: then the answer is malformed.
 */
export function relayAnswer(relay: Relay, events: RelayEvents): boolean {
  if (!isPassable(relay.answer) || !sendHead(relay)) return false;
  const { answer, response } = relay;
  answer.on("data", (chunk: Buffer) => events.onMoved(chunk.length));
  response.on("drain", () => events.onMoved(0));
  // http-proxy would leave the client waiting for the rest of an answer that is cut.
  answer.once("error", (error) => events.onFailed(classifyError(error, "answer")));
  answer.once("close", () => {
    if (!answer.complete) events.onFailed("answer-cut");
  });
  answer.once("end", () => {
    if (answer.complete) events.onWhole();
  });
  answer.pipe(response);
  return true;
}

function isPassable({ statusCode = 0, httpVersionMajor, headers }: IncomingMessage): boolean {
  if (statusCode < 200 || httpVersionMajor !== 1) return false;
  // Another coding, which Node has not taken off, would reach the client without its label.
  const coding = headers["transfer-encoding"];
  return coding === undefined || coding.toLowerCase() === "chunked";
}

function sendHead({ exchange, answer, response, mustClose }: Relay): boolean {
  const status = answer.statusCode ?? 0;
  const reason = answer.statusMessage ?? "";
  const fields = withoutTrailerField(exchange.answerHeaders(status, answer.rawHeaders));
  if (mustClose) fields.push("Connection", "close");
  try {
    response.sendDate = false;
    response.writeHead(status, REASON.test(reason) ? reason : undefined, fields);
  } catch {
    return false;
  }
  // A client that waits for the first event of a stream must see that there is one. Not by flushHeaders:
  // that writes the head in UTF-8, and a byte above 127 becomes two.
  response.write("", "latin1");
  return true;
}
