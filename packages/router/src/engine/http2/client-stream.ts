// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// One stream of a client's HTTP/2 connection: one exchange, or the WebSocket that it became.

import { type ServerHttp2Stream, constants } from "node:http2";

import type { Exchange } from "../../request/exchange.ts";
import { Deadline, type DeadlineOwner } from "../wire/deadlines.ts";
import { guard } from "../wire/guard.ts";
import { ignore } from "../wire/ignore.ts";
import type { Listed } from "../wire/linked-list.ts";
import type { RequestHeadRead } from "../wire/read-request-head.ts";
import type { ClientBytes, ClientSocket, RelayClient, RelayContext } from "../wire/relay-client.ts";
import { Relay } from "../wire/relay.ts";
import { StreamAnswer } from "./stream-answer.ts";

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;
/**
 * The client has its answer, and nobody wants the rest of its request: it is told so after this time (RFC 9113 section 8.1). At
 * once would be too soon: a reset overtakes the end of the answer.
 */
const LINGER_MS = 500;
const NOTHING = Buffer.alloc(0);
const CHUNK_END = Buffer.from("\r\n");
/** Of the frame that a piece of a body came in (RFC 9113 section 4.1): messages of a few bytes are no flood. */
const FRAME_HEAD_BYTES = 9;

/** Carries one exchange; the stream's end is its own. */
export class ClientStream implements Listed<ClientStream>, RelayClient, DeadlineOwner {
  before: ClientStream | undefined;
  behind: ClientStream | undefined;
  readonly socket: ClientSocket;
  readonly deadline: Deadline;
  readonly #stream: ServerHttp2Stream;
  readonly #head: RequestHeadRead;
  readonly #answer: StreamAnswer;
  #running: ClientBytes | undefined;
  #isTunnel = false;
  #trailers = "";
  #readBytes = 0;

  constructor(stream: ServerHttp2Stream, head: RequestHeadRead, context: RelayContext) {
    this.#stream = stream;
    this.#head = head;
    this.#answer = new StreamAnswer(stream, head.method === "HEAD");
    this.deadline = new Deadline(context.deadlines, this);
    this.socket = socketOf(stream, this.#answer);
    stream.on("drain", () => guard(this, () => this.#running?.onClientDrain()));
    stream.on("finish", () => guard(this, () => this.#running?.onClientDrain()));
    stream.on("trailers", (_headers, _flags, raw) => guard(this, () => this.#keepTrailers(raw)));
    stream.on("close", () => guard(this, () => this.#onClose()));
    stream.on("error", ignore);
  }

  /** Starts its exchange. */
  begin(context: RelayContext, exchange: Exchange): void {
    const relay = new Relay(context, this, exchange, this.#head);
    this.#running = relay;
    guard(this, () => relay.begin(NOTHING, 0, 0));
    // What a tunnel begins with waits until there is one.
    if (!this.#head.isUpgrade) this.#listen();
  }

  /** Of the request's body or of a tunnel, read or waiting to be; of what is read, its frames' too. */
  get receivedBytes(): number {
    return this.#readBytes + this.#stream.readableLength;
  }

  answerTo(): StreamAnswer {
    return this.#answer;
  }

  onUpgraded(tunnel: ClientBytes): void {
    this.#running = tunnel;
    this.#isTunnel = true;
    this.#listen();
  }

  onExchangeEnd(): void {
    this.#running = undefined;
    this.#answer.end();
    // A stream whose bytes wait for somebody is never closed.
    this.#stream.resume();
    if (this.#stream.readableEnded) this.deadline.destroy();
    else this.deadline.set(LINGER_MS);
  }

  cut(): void {
    this.#running = undefined;
    this.deadline.destroy();
    this.#close(NGHTTP2_INTERNAL_ERROR);
  }

  onDeadline(): void {
    if (this.#running === undefined) this.#close(NGHTTP2_NO_ERROR);
    else this.#running.onDeadline();
  }

  onDefect(): void {
    const running = this.#running;
    this.#running = undefined;
    this.deadline.destroy();
    this.#close(NGHTTP2_INTERNAL_ERROR);
    running?.abandon();
  }

  /** The router closes: a tunnel ends, an exchange goes on to its own end. */
  close(): void {
    this.#running?.onClose();
  }

  #listen(): void {
    this.#stream.on("data", (chunk: Buffer) => guard(this, () => this.#onData(chunk)));
    this.#stream.on("end", () => guard(this, () => this.#onEnd()));
  }

  #onData(bytes: Buffer): void {
    this.#readBytes += bytes.length + FRAME_HEAD_BYTES;
    if (this.#running?.takesBytes !== true) return;
    if (this.#isTunnel || !this.#head.isChunked) this.#running.onClientBytes(bytes, 0, bytes.length);
    else this.#takeChunk(bytes);
  }

  /** An instance that is told no length is told chunks. */
  #takeChunk(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const size = Buffer.from(`${bytes.length.toString(16)}\r\n`, "latin1");
    const chunk = Buffer.concat([size, bytes, CHUNK_END]);
    this.#running?.onClientBytes(chunk, 0, chunk.length);
  }

  #onEnd(): void {
    if (this.#isTunnel) return this.#running?.onClientEnd();
    if (!this.#head.isChunked || this.#running?.takesBytes !== true) return;
    const end = Buffer.from(`0\r\n${this.#trailers}\r\n`, "latin1");
    this.#running.onClientBytes(end, 0, end.length);
  }

  #keepTrailers(raw: readonly string[]): void {
    for (let index = 0; index < raw.length; index += 2)
      this.#trailers += `${raw[index]}: ${raw[index + 1]}\r\n`;
  }

  #onClose(): void {
    this.deadline.destroy();
    // Node tells of the end of a stream, but not that the last bytes of its answer went out before.
    if (this.#answer.isEnded && this.#stream.rstCode === NGHTTP2_NO_ERROR) this.#running?.onClientDrain();
    this.#running?.onClientGone();
    this.#running = undefined;
    // Node's map of the streams of a session holds it until a full collection (see linked-list.ts).
    this.#stream.removeAllListeners().on("error", ignore);
  }

  #close(code: number): void {
    if (!this.#stream.closed && !this.#stream.destroyed) this.#stream.close(code);
  }
}

/** The stream as an exchange sees it. */
function socketOf(stream: ServerHttp2Stream, answer: StreamAnswer): ClientSocket {
  return {
    // After the end there is no `drain` any more, but a `finish`.
    get isBackedUp() {
      return stream.writableLength > 0 && (answer.isEnded || stream.writableNeedDrain);
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    write: (bytes, from, to) => {
      if (from < to && !stream.destroyed && !stream.writableEnded)
        stream.write(Buffer.from(bytes.subarray(from, to)));
    },
  };
}
