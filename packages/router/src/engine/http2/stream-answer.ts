// Request path 6 of 7: read -> match -> pick -> connect -> forward -> RELAY THE ANSWER -> log.
// What goes to the client of a stream: an instance's answer, or the router's own.

import { type ServerHttp2Stream, constants } from "node:http2";

import { flatFields } from "../../request/field-lines.ts";
import { endToEndFields } from "../../request/hop-by-hop.ts";
import type { Answer, OwnAnswer } from "../wire/answer.ts";
import type { Body } from "../wire/body.ts";
import { ChunkedScanner } from "../wire/chunked.ts";
import type { AnswerHead } from "../wire/read-answer-head.ts";

const NOT_ON_HTTP2 = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
const { HTTP2_HEADER_STATUS } = constants;

/** Writes the answer of one stream. */
export class StreamAnswer implements Answer {
  readonly #stream: ServerHttp2Stream;
  readonly #isHead: boolean;
  #headers: string[] = [];
  #body: Body | undefined;
  #chunks: ChunkedScanner | undefined;
  readonly #trailers: Record<string, string[]> = {};
  bodyBytes = 0;
  persists = false;
  /** Its end is written. */
  isEnded = false;

  constructor(stream: ServerHttp2Stream, isHead: boolean) {
    this.#stream = stream;
    this.#isHead = isHead;
  }

  /** A stream says itself when it is whole. */
  get endsWithConnection(): boolean {
    return false;
  }

  writeInterim(answer: AnswerHead): void {
    if (this.#isClosed || this.#stream.headersSent) return;
    const fields: Record<string, string[]> = {};
    addFields(fields, endToEndFields(answer.rawHeaders));
    this.#stream.additionalHeaders({ ...fields, [HTTP2_HEADER_STATUS]: answer.status });
  }

  /** A 101 is a 200 on HTTP/2 (RFC 8441 section 5). */
  writeUpgrade(_answer: AnswerHead, lines: string): void {
    this.#headers = fieldsFor(200, flatFields(lines)).filter(
      (_, index, all) => all[index - (index % 2)] !== "sec-websocket-accept",
    );
    this.#respond();
  }

  writeOwn({ status, headers, body }: OwnAnswer, mayPersist: boolean): void {
    this.persists = mayPersist;
    this.#headers = [...fieldsFor(status, headers), "content-length", String(body.length)];
    this.#respond(body.length === 0);
    if (!this.#isHead) this.#write(body);
    this.end();
  }

  startAnswer(answer: AnswerHead, lines: string, body: Body, mayPersist: boolean): void {
    this.persists = mayPersist;
    this.#body = body;
    this.#headers = fieldsFor(answer.status, flatFields(lines));
    // A 204 has no length; a 304 and the answer to HEAD tell that of another one.
    if (answer.contentLength !== -1 && answer.status !== 204) {
      this.#headers.push("content-length", String(answer.contentLength));
    }
    if (body.framing !== "chunked") return;
    this.#chunks = new ChunkedScanner({
      onData: (bytes, from, to) => this.#write(bytes.subarray(from, to)),
      onTrailer: (name, value) => void (this.#trailers[name.toLowerCase()] ??= []).push(value),
    });
  }

  writeBody(bytes: Buffer, from: number, to: number): void {
    this.#respond();
    if (this.#chunks === undefined) this.#write(bytes.subarray(from, to));
    else this.#chunks.scan(bytes, from, to);
  }

  end(trailers: readonly string[] = []): void {
    if (this.isEnded) return;
    addFields(this.#trailers, trailers);
    this.isEnded = true;
    if (!this.#isClosed) this.#stream.end();
  }

  get #isClosed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  #respond(isWhole = this.#body?.framing === "none"): void {
    if (this.#isClosed || this.#stream.headersSent) return;
    const endStream = isWhole || this.#isHead;
    // Node ends a stream that it resets, and the end goes out first: a cut answer would look whole. One that may have
    // trailers does not end before they are sent.
    this.#stream.once("wantTrailers", () => this.isEnded && this.#stream.sendTrailers(this.#trailers));
    this.#stream.respond(this.#headers, { endStream, waitForTrailers: !endStream });
    // Node keeps them with a stream that outlives its end (see linked-list.ts).
    this.#headers.length = 0;
    this.isEnded = endStream;
  }

  /** The bytes are copied: those of the shared buffer are gone with the turn. */
  #write(bytes: Buffer): void {
    this.bodyBytes += bytes.length;
    if (bytes.length > 0 && !this.#isClosed && !this.#stream.writableEnded)
      this.#stream.write(Buffer.from(bytes));
  }
}

/** The fields of a head, flat, as HTTP/2 has them. */
function fieldsFor(status: number, headers: readonly string[]): string[] {
  const fields: string[] = [HTTP2_HEADER_STATUS, String(status)];
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? "").toLowerCase();
    if (name !== "content-length" && !NOT_ON_HTTP2.has(name)) fields.push(name, headers[index + 1] ?? "");
  }
  return fields;
}

function addFields(fields: Record<string, string[]>, flat: readonly string[]): void {
  for (let index = 0; index < flat.length; index += 2) {
    const name = (flat[index] ?? "").toLowerCase();
    if (!NOT_ON_HTTP2.has(name)) (fields[name] ??= []).push(flat[index + 1] ?? "");
  }
}
