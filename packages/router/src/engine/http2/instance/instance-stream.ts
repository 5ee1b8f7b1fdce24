// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// One stream to an instance: an exchange's request and the answer to it, or the WebSocket that it became.

import { type ClientHttp2Stream, constants } from "node:http2";

import { classifyError } from "../../../request/classify.ts";
import type { FailureCode } from "../../../request/failures.ts";
import type { InstanceEntry } from "../../../table/instance-entry.ts";
import type { Trust } from "../../instance-tls/trusts.ts";
import type { Body } from "../../wire/body.ts";
import { type Guarded, guard } from "../../wire/guard.ts";
import { ignore } from "../../wire/ignore.ts";
import {
  type AnswerReceiver,
  type InstanceSocket,
  RELEASE_MS,
  type RelayInstance,
  type UpgradedReceiver,
} from "../../wire/relay-instance.ts";
import type { InstanceSession } from "./instance-session.ts";
import { isUnprocessed, resetFailure } from "./reset-failure.ts";
import { readStreamAnswer, streamBody, trailersOf } from "./stream-answer-head.ts";
import type { StreamRequest } from "./stream-request.ts";
import { StreamRequestBody } from "./stream-request-body.ts";

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR } = constants;
const NOTHING = Buffer.alloc(0);
/** A bound on how long one answer may be put off by interim ones. */
const MAX_INTERIMS = 32;

/** Carries one exchange. It waits for its session; then `send` begins it. */
export class InstanceStream implements RelayInstance, InstanceSocket, Guarded {
  readonly instance: InstanceEntry;
  readonly mayRefuse = true;
  /** What the instance has to prove; undefined: nothing. */
  readonly trust: Trust | undefined;
  distrust: string | undefined = undefined;
  readonly #request: StreamRequest;
  /** undefined: nobody wants to hear any more. */
  #receiver: AnswerReceiver | undefined;
  #upgraded: UpgradedReceiver | undefined;
  #session: InstanceSession | undefined;
  #stream: ClientHttp2Stream | undefined;
  #requestBody: StreamRequestBody | undefined;
  #answerBody: Body | undefined;
  #trailers: readonly string[] | undefined;
  #interims = 0;
  #wasKept = false;
  #error: Error | undefined;
  /** The instance has ended the stream, in order. */
  #isEnded = false;
  isSent = false;

  constructor(instance: InstanceEntry, request: StreamRequest, receiver: AnswerReceiver, trust?: Trust) {
    this.instance = instance;
    this.trust = trust;
    this.#request = request;
    this.#receiver = receiver;
  }

  get socket(): InstanceSocket {
    return this;
  }

  /** It can be sent at once. */
  get isReady(): boolean {
    return this.#session?.isReady === true;
  }

  get isUnusedSinceKept(): boolean {
    return this.#wasKept && this.#answerBody === undefined && this.#session?.isOver === true;
  }

  get isBackedUp(): boolean {
    return this.#stream !== undefined && this.#stream.writableNeedDrain && this.#stream.writableLength > 0;
  }

  /** For {@link InstanceSessions}: this is its session. */
  join(session: InstanceSession): void {
    this.#session = session;
    this.#wasKept = session.isReady;
    session.join(this);
  }

  /** For the session: it is ready. */
  onReady(): void {
    const receiver = this.#receiver;
    if (receiver !== undefined) guard(receiver, () => receiver.onConnected());
  }

  /** For the session: it ended before the stream began. */
  onUnavailable(failure: FailureCode, distrust: string | undefined): void {
    this.distrust = distrust;
    this.#fail(failure);
  }

  /** Begins the stream; the text is what is there of the body, as its head frames it. */
  send(text: string): void {
    const session = this.#session;
    if (session === undefined) return;
    if (this.#request.accept !== undefined && !session.takesTunnels) {
      // Not before whoever sends is done with it.
      process.nextTick(() => this.#fail("websocket-unsupported"));
      return;
    }
    this.isSent = true;
    this.#open(session);
    const bytes = Buffer.from(text, "latin1");
    if (bytes.length > 0) this.write(bytes, 0, bytes.length);
  }

  write(bytes: Buffer, from: number, to: number): void {
    if (this.#upgraded === undefined) this.#requestBody?.write(bytes, from, to);
    else if (this.#stream?.writable === true) this.#stream.write(Buffer.from(bytes.subarray(from, to)));
  }

  end(): void {
    this.#stream?.end();
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    // A stream that nobody listens to yet would lose what comes.
    if (this.#answerBody !== undefined || this.#upgraded !== undefined) this.#stream?.resume();
  }

  settle(): void {
    this.#letGo();
  }

  release(): void {
    const stream = this.#stream;
    this.#letGo();
    if (stream === undefined) return;
    stream.resume();
    stream.end(() => stream.close(NGHTTP2_NO_ERROR));
    stream.setTimeout(RELEASE_MS, () => this.#close());
  }

  destroy(): void {
    this.#letGo();
    this.#session?.leave(this);
    this.#close();
  }

  onDefect(error: unknown): void {
    const receiver = this.#receiver;
    this.destroy();
    receiver?.onDefect(error);
  }

  #open(session: InstanceSession): void {
    const { head, fields, accept } = this.#request;
    const hasBody = head.hasBody || accept !== undefined;
    // Node ends a stream that it resets, and the end goes out first: a cut request would look whole. One that may have
    // trailers does not end before they are sent; and one with a length is seen to be cut.
    const waitForTrailers = hasBody && head.isChunked;
    const stream = session.begin(this, fields, { endStream: !hasBody, waitForTrailers });
    this.#stream = stream;
    if (head.hasBody) this.#requestBody = new StreamRequestBody(head, stream);
    noteEnd(stream, () => (this.#isEnded = true));
    const on = (action: () => void): void => guard(this, action);
    stream.on("headers", (_fields, _flags, raw = []) => on(() => this.#onInterim(raw)));
    stream.on("response", (_fields, flags, raw = []) => on(() => this.#onAnswer(raw, flags)));
    stream.on("trailers", (_fields, _flags, raw = []) => on(() => (this.#trailers = trailersOf(raw))));
    stream.on("drain", () => on(() => (this.#upgraded ?? this.#receiver)?.onInstanceDrain()));
    stream.on("error", (error) => (this.#error = error));
    stream.on("close", () => on(() => this.#onClose()));
  }

  #onInterim(raw: readonly string[]): void {
    const answer = readStreamAnswer(raw);
    if (typeof answer === "string" || ++this.#interims > MAX_INTERIMS) return this.#fail("answer-malformed");
    this.#receiver?.onInterim(answer);
  }

  #onAnswer(raw: readonly string[], flags: number): void {
    const receiver = this.#receiver;
    const isWhole = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    const head = readStreamAnswer(raw);
    if (receiver === undefined) return;
    if (typeof head === "string" || head.status < 200) return this.#fail("answer-malformed");
    this.#session?.heard();
    const { accept } = this.#request;
    if (accept !== undefined && head.status < 300) return this.#upgrade(receiver, head.rawHeaders, accept);
    const { answer, body } = streamBody(head, { isHead: receiver.isHead, isWhole });
    this.#answerBody = body;
    receiver.onAnswerHead(answer, body);
    this.#stream?.on("data", (bytes: Buffer) => guard(this, () => this.#onData(bytes)));
    this.#stream?.on("end", () => guard(this, () => this.#onEnd()));
    if (this.#receiver === receiver) receiver.onAnswerBody(NOTHING, 0, 0, false);
  }

  #onData(bytes: Buffer): void {
    this.#session?.heard();
    if (this.#upgraded !== undefined) return this.#upgraded.onUpgradedBytes(bytes, 0, bytes.length);
    this.#answerBody?.take(bytes, 0, bytes.length);
    this.#receiver?.onAnswerBody(bytes, 0, bytes.length, false);
  }

  #onEnd(): void {
    // Node ends a stream that was reset without an error, too; its "close" follows.
    if (!this.#isEnded) return;
    const receiver = this.#receiver;
    if (this.#upgraded !== undefined) this.#upgraded.onUpgradedEnd();
    else if (receiver?.isRequestWhole === false) receiver.onEarlyAnswerEnd(this.#trailers);
    else {
      this.#letGo();
      receiver?.onAnswerEnd(this.#trailers);
    }
  }

  #onClose(): void {
    // Node's map of the streams of a session holds it until a full collection (see linked-list.ts).
    this.#stream?.removeAllListeners().on("error", ignore);
    if (this.#receiver === undefined) return;
    const code = this.#stream?.rstCode ?? NGHTTP2_NO_ERROR;
    const isBeyond = (this.#stream?.id ?? 0) > (this.#session?.lastStreamId ?? 0);
    if (this.#answerBody === undefined && (isBeyond || isUnprocessed(code))) this.isSent = false;
    if (isBeyond) this.#fail("answer-refused");
    else if (this.#session?.isBroken !== true) this.#fail(resetFailure(code));
    else this.#fail(this.#error === undefined ? "answer-cut" : classifyError(this.#error, "answer"));
  }

  /** A 2xx to an extended CONNECT (RFC 8441 section 5): for the exchange, what a 101 is on HTTP/1.1. */
  #upgrade(receiver: AnswerReceiver, fields: readonly string[], accept: string): void {
    const upgraded = receiver.onUpgrade({
      status: 101,
      reason: "",
      rawHeaders: [...fields, "sec-websocket-accept", accept],
      contentLength: -1,
      isChunked: false,
      persists: true,
      upgrade: "websocket",
      keepAlive: undefined,
    });
    if (upgraded === undefined) return this.#fail("answer-malformed");
    if (this.#receiver !== receiver) return;
    this.#upgraded = upgraded;
    this.#stream?.on("data", (bytes: Buffer) => guard(this, () => this.#onData(bytes)));
    this.#stream?.on("end", () => guard(this, () => this.#onEnd()));
  }

  #fail(failure: FailureCode): void {
    const receiver = this.#receiver;
    const hears = this.#upgraded ?? receiver;
    this.destroy();
    if (receiver !== undefined) guard(receiver, () => hears?.onInstanceFailed(failure));
  }

  #letGo(): void {
    this.#receiver = undefined;
    this.#upgraded = undefined;
  }

  #close(): void {
    const stream = this.#stream;
    if (stream !== undefined && !stream.closed && !stream.destroyed) stream.close(NGHTTP2_CANCEL);
  }
}

/**
 * Tells when a stream's END_STREAM came. Node ends one that is reset with NO_ERROR in the same way, but has closed it by
 * then; nothing else of it tells the two apart.
 */
function noteEnd(stream: ClientHttp2Stream, onEnd: () => void): void {
  const push = stream.push.bind(stream);
  const pushOrEnd = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null && !stream.closed) onEnd();
    return push(chunk, encoding);
  };
  stream.push = pushOrEnd;
}
