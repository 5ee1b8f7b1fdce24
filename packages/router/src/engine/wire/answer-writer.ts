// Request path 6 of 7: read -> match -> pick -> connect -> forward -> RELAY THE ANSWER -> log.
// What goes to the client: an instance's answer, or the router's own.

import { linesOf } from "../../request/field-lines.ts";
import { endToEndFields } from "../../request/hop-by-hop.ts";
import type { Answer, OwnAnswer } from "./answer.ts";
import { type BodyRelay, bodyRelay, framingLine } from "./answer-body.ts";
import type { Body } from "./body.ts";
import { ChunkedScanner } from "./chunked.ts";
import type { AnswerHead } from "./read-answer-head.ts";
import type { RequestHeadRead } from "./read-request-head.ts";
import { answerHeadText, interimHeadText, upgradeHeadText } from "./write-head.ts";

/** The client's connection, as an answer sees it. All text is latin1. */
export interface AnswerSink {
  writeText(text: string): void;
  /** Writes a head, which may be "", and the bytes behind it. */
  writeWithHead(head: string, bytes: Buffer, from: number, to: number): void;
  /** Writes bytes as one chunk, behind a head, which may be "". */
  writeChunk(head: string, bytes: Buffer, from: number, to: number): void;
}

/** Writes the answer of one exchange. */
export class AnswerWriter implements Answer {
  readonly #client: AnswerSink;
  readonly #request: RequestHeadRead;
  /** The head, until the first bytes of body go out in one write with it. */
  #headText = "";
  #bodyRelay: BodyRelay = "as-it-came";
  #body: Body | undefined;
  #unchunker: ChunkedScanner | undefined;
  #ownBytes = 0;
  /** The connection can take another request after this answer. */
  persists = false;

  constructor(client: AnswerSink, request: RequestHeadRead) {
    this.#client = client;
    this.#request = request;
  }

  /** Bytes of body that went out, without framing. */
  get bodyBytes(): number {
    return this.#body === undefined ? this.#ownBytes : this.#body.dataBytes;
  }

  /** The client takes the connection's end for the end of the answer. */
  get endsWithConnection(): boolean {
    return this.#body !== undefined && !this.#isDelimited(this.#body);
  }

  /** An interim answer (1xx). HTTP/1.0 knows none (RFC 9110 section 15.2). */
  writeInterim(answer: AnswerHead): void {
    if (this.#request.httpVersion === "1.0") return;
    this.#client.writeText(interimHeadText(answer, linesOf(endToEndFields(answer.rawHeaders))));
  }

  /** A 101; `upgrade` is the protocol from here on. */
  writeUpgrade(answer: AnswerHead, lines: string, upgrade: string): void {
    this.#client.writeText(upgradeHeadText(answer, lines, upgrade));
  }

  /** The router's own answer, whole. */
  writeOwn(answer: OwnAnswer, mayPersist: boolean): void {
    this.persists = mayPersist;
    this.#ownBytes = this.#request.method === "HEAD" ? 0 : answer.body.length;
    const framing = `Content-Length: ${answer.body.length}\r\n`;
    const line = { status: answer.status, reason: "" };
    const head = answerHeadText(line, linesOf(answer.headers), framing, this.#connectionOption());
    this.#client.writeWithHead(head, answer.body, 0, this.#ownBytes);
  }

  /** The final head of an instance's answer; it goes out with the next call of `writeBody`. */
  startAnswer(answer: AnswerHead, lines: string, body: Body, mayPersist: boolean): void {
    const isLatest = this.#request.httpVersion === "1.1";
    this.persists = mayPersist && this.#isDelimited(body);
    const framing = framingLine(answer, body, isLatest);
    this.#headText = answerHeadText(answer, lines, framing, this.#connectionOption());
    this.#body = body;
    this.#bodyRelay = bodyRelay(body, isLatest);
  }

  /** Bytes of the body as they came; with none, what is left of the head goes out. */
  writeBody(bytes: Buffer, from: number, to: number): void {
    if (this.#bodyRelay === "unchunk") this.#unchunk(bytes, from, to);
    else this.#write(bytes, from, to);
  }

  /** The body is whole. Trailers need chunks (RFC 9112 section 7.1.2). */
  end(trailers: readonly string[] = []): void {
    if (this.#bodyRelay === "chunk") this.#client.writeText(`0\r\n${linesOf(endToEndFields(trailers))}\r\n`);
  }

  #unchunk(bytes: Buffer, from: number, to: number): void {
    this.#unchunker ??= new ChunkedScanner({ onData: (...run) => this.#write(...run) });
    this.#unchunker.scan(bytes, from, to);
    this.#write(bytes, to, to);
  }

  #write(bytes: Buffer, from: number, to: number): void {
    const head = this.#headText;
    this.#headText = "";
    if (from < to && this.#bodyRelay === "chunk") this.#client.writeChunk(head, bytes, from, to);
    else if (from < to || head !== "") this.#client.writeWithHead(head, bytes, from, to);
  }

  #isDelimited(body: Body): boolean {
    return this.#request.httpVersion === "1.1" || body.framing === "none" || body.framing === "length";
  }

  #connectionOption(): "" | "close" | "keep-alive" {
    if (!this.persists) return "close";
    return this.#request.httpVersion === "1.1" ? "" : "keep-alive";
  }
}
