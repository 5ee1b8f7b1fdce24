// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.

import type { ClientHttp2Stream } from "node:http2";

import { ChunkedScanner } from "../../wire/chunked.ts";
import type { RequestHeadRead } from "../../wire/read-request-head.ts";
import { keepBytes } from "../../wire/shared-read.ts";

/** Writes a request's body to a stream, without the framing that its head announces, and ends the stream with it. */
export class StreamRequestBody {
  readonly #stream: ClientHttp2Stream;
  readonly #chunks: ChunkedScanner | undefined;
  readonly #trailers: Record<string, string[]> = {};
  #missing: number;
  #isEnded = false;

  constructor(head: RequestHeadRead, stream: ClientHttp2Stream) {
    this.#stream = stream;
    this.#missing = head.contentLength;
    if (!head.isChunked) return;
    stream.once("wantTrailers", () => this.#isEnded && stream.sendTrailers(this.#trailers));
    this.#chunks = new ChunkedScanner({
      onData: (bytes, from, to) => this.#writeData(bytes, from, to),
      onTrailer: (name, value) => void (this.#trailers[name.toLowerCase()] ??= []).push(value),
    });
  }

  /** Writes the bytes `from`..`to`, as they came; they may be overwritten afterwards. */
  write(bytes: Buffer, from: number, to: number): void {
    if (this.#chunks === undefined) {
      this.#missing -= to - from;
      this.#writeData(bytes, from, to);
      if (this.#missing <= 0) this.#end();
      return;
    }
    this.#chunks.scan(bytes, from, to);
    if (this.#chunks.isWhole) this.#end();
  }

  #writeData(bytes: Buffer, from: number, to: number): void {
    if (from < to && this.#stream.writable) this.#stream.write(keepBytes(bytes, from, to));
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#stream.writable) this.#stream.end();
  }
}
