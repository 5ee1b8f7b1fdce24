// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// One exchange's request on its way to an instance, and to another one when that fails.

import type { AttemptEnd } from "../../request/attempts.ts";
import type { Exchange } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import { writeStreamRequest } from "../http2/instance/stream-request.ts";
import { InstanceConnection } from "./instance-connection.ts";
import type { RequestHeadRead } from "./read-request-head.ts";
import type { RelayClient, RelayContext } from "./relay-client.ts";
import type { AnswerReceiver, RelayInstance } from "./relay-instance.ts";
import { RequestBody } from "./request-body.ts";
import { requestHeadText } from "./write-head.ts";

/** Sends one request; it pauses the client while an instance takes no more. */
export class RequestSender {
  readonly #context: RelayContext;
  readonly #client: RelayClient;
  readonly #exchange: Exchange;
  readonly #head: RequestHeadRead;
  #body: RequestBody | undefined;
  /** What is sent as soon as there is a connection, as latin1 text. */
  #text = "";
  #isFirstAttempt = true;
  #isConnecting = false;
  /** The client waits until the instance takes more. */
  isPaused = false;
  /** Where it goes; undefined: nowhere yet, or nowhere any more. */
  connection: RelayInstance | undefined;

  constructor(context: RelayContext, client: RelayClient, exchange: Exchange, head: RequestHeadRead) {
    this.#context = context;
    this.#client = client;
    this.#exchange = exchange;
    this.#head = head;
  }

  /** All that the client has to send came. */
  get isWhole(): boolean {
    return this.#body === undefined || this.#body.isWhole;
  }

  /** Bytes of its body that came, without framing. */
  get bodyBytes(): number {
    return this.#body === undefined ? 0 : this.#body.dataBytes;
  }

  /** What is wrong with what came so far. */
  get failure(): FailureCode | undefined {
    return this.#body?.failure(this.#exchange.policy.maxBodyBytes);
  }

  /** What an attempt that failed has left behind. */
  get attempt(): AttemptEnd {
    return {
      isSent: this.connection?.isSent ?? false,
      isReused: this.connection?.isUnusedSinceKept ?? false,
      canResend: this.#body?.canResend ?? true,
      distrust: this.connection?.distrust,
    };
  }

  /** Takes what came behind the head at `from`..`to`; gives the index behind what belongs to it. */
  begin(bytes: Buffer, from: number, to: number): number {
    if (!this.#head.hasBody) return from;
    this.#body = new RequestBody(this.#head);
    const end = this.#body.take(bytes, from, to);
    this.#body.keep(bytes, from, end);
    return end;
  }

  /** Takes bytes of the body; gives the index behind those that belong to it. */
  take(bytes: Buffer, from: number, to: number): number {
    return this.#body === undefined ? from : this.#body.take(bytes, from, to);
  }

  /** Sends what was taken, or keeps it for when there is a connection. */
  forward(bytes: Buffer, from: number, to: number): void {
    const { connection } = this;
    if (this.#body === undefined || connection === undefined) return;
    if (this.#isConnecting) {
      this.#text += this.#body.keep(bytes, from, to);
      return;
    }
    if (connection.mayRefuse) this.#body.keepSent(bytes, from, to);
    else this.#body.canResend = false;
    connection.socket.write(bytes, from, to);
    if (connection.socket.isBackedUp) this.#pause();
  }

  /** Begins an attempt: true when there is a connection, false when it is being made. */
  connect(instance: InstanceEntry, receiver: AnswerReceiver): boolean {
    if (instance.speaksHttp2) return this.#openStream(instance, receiver);
    this.#text = requestHeadText(this.#head, this.#exchange) + (this.#body?.keptText ?? "");
    this.#exchange.connecting();
    // Where one kept connection was dead, the others are likely to be: a second attempt makes its own.
    const trust = this.#context.trusts.of(instance, this.#exchange.policy.instanceTls);
    const kept = this.#isFirstAttempt ? this.#context.pool.take(instance, trust) : undefined;
    this.#isFirstAttempt = false;
    if (kept !== undefined) {
      kept.reuse(instance, receiver);
      this.connection = kept;
      return true;
    }
    this.#isConnecting = true;
    if (!this.isWhole) this.#pause();
    this.connection = new InstanceConnection(this.#context, instance, receiver, trust);
    return false;
  }

  /** Sends what is there to a connection that is made. */
  send(): void {
    this.#isConnecting = false;
    this.connection?.send(this.#text);
    this.#text = "";
    this.resume();
  }

  /** The instance takes more, or nothing is to wait for it any more. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#client.socket.resume();
  }

  /** It goes no further on this connection. */
  cut(): void {
    this.connection?.destroy();
    this.connection = undefined;
  }

  /** The same over HTTP/2. */
  #openStream(instance: InstanceEntry, receiver: AnswerReceiver): boolean {
    this.#text = this.#body?.keptText ?? "";
    const trust = this.#context.trusts.of(instance, this.#exchange.policy.instanceTls);
    const request = writeStreamRequest(this.#head, this.#exchange, trust === undefined ? "http" : "https");
    this.#exchange.connecting();
    const stream = this.#context.sessions.open(instance, request, receiver, trust);
    this.connection = stream;
    this.#isConnecting = !stream.isReady;
    if (this.#isConnecting && !this.isWhole) this.#pause();
    return stream.isReady;
  }

  #pause(): void {
    this.isPaused = true;
    this.#client.socket.pause();
  }
}
