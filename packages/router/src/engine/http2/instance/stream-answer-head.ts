// Request path 6 of 7: read -> match -> pick -> connect -> forward -> RELAY THE ANSWER -> log.
// The head and the trailers of an instance's answer out of a stream's header fields (RFC 9113 section 8.3.2). That no field
// is malformed or specific to a connection, and that the length is that of the body, is nghttp2's to see to.

import { Body } from "../../wire/body.ts";
import { mayTrail } from "../../wire/chunked.ts";
import type { AnswerHead } from "../../wire/read-answer-head.ts";

/** Reads the head of an answer, interim or final; a text says why it is none. */
export function readStreamAnswer(raw: readonly string[]): AnswerHead | string {
  const fields: string[] = [];
  let status = 0;
  let contentLength = -1;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    if (name === ":status") status = Number(value);
    else if (!name.startsWith(":")) fields.push(name, value);
    if (name !== "content-length") continue;
    if (contentLength !== -1 || !/^\d{1,15}$/.test(value)) return "the Content-Length is not one number";
    contentLength = Number(value);
  }
  // RFC 9113 section 8.6: HTTP/2 does not switch protocols.
  if (!(status >= 100 && status <= 999) || status === 101) return "the status is none of HTTP/2";
  return {
    status,
    reason: "",
    rawHeaders: fields,
    contentLength,
    isChunked: false,
    persists: true,
    upgrade: undefined,
    keepAlive: undefined,
  };
}

/** A final answer's head and body. Its end is the stream's. `isHead`: the request's method was HEAD. */
export function streamBody(
  answer: AnswerHead,
  { isHead, isWhole }: { readonly isHead: boolean; readonly isWhole: boolean },
): { readonly answer: AnswerHead; readonly body: Body } {
  if (isHead || answer.status === 204 || answer.status === 304) return { answer, body: new Body("none", 0) };
  // Without a length an HTTP/1.1 client would wait for the end of its connection.
  if (isWhole) return { answer: { ...answer, contentLength: 0 }, body: new Body("none", 0) };
  const { contentLength } = answer;
  return {
    answer,
    body: contentLength === -1 ? new Body("until-close", 0) : new Body("length", contentLength),
  };
}

/** The trailers that may go on to a client; the others are dropped, as RFC 9110 section 6.5.1 allows. */
export function trailersOf(raw: readonly string[]): string[] {
  const trailers: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (mayTrail(name)) trailers.push(name, raw[index + 1] ?? "");
  }
  return trailers;
}
