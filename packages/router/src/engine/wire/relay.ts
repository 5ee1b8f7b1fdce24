// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// One exchange on the wire: from a client's connection to those to its instances, one at a time, and back.

import type { Exchange } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import { type AnswerSink, AnswerWriter } from "./answer-writer.ts";
import { Body } from "./body.ts";
import type { Deadline } from "./deadlines.ts";
import type { Guarded } from "./guard.ts";
import { type AnswerReceiver, InstanceConnection, type InstanceConnections } from "./instance-connection.ts";
import type { AnswerHead } from "./read-answer-head.ts";
import type { RequestHeadRead } from "./read-request-head.ts";
import { Tunnel, type TunnelClient } from "./tunnel.ts";
import { requestHeadText } from "./write-head.ts";

/** What an exchange asks of its client's connection. */
export interface RelayClient extends AnswerSink, TunnelClient, Guarded {
  readonly deadline: Deadline;
  /** The connection is a tunnel's: all its bytes are handed on from here. */
  onUpgraded(): void;
  /** The exchange is over, and its answer written. `maySendMore`: nobody told the client not to. */
  onExchangeEnd(persists: boolean, maySendMore: boolean): void;
  /** The exchange is over, but its answer is not whole, and the client must see that. */
  cut(endsWithConnection: boolean): void;
}

/** What all exchanges of an engine share. */
export interface RelayContext extends InstanceConnections {
  /** No connection persists any more. */
  readonly isClosing: boolean;
}

/**
 * connecting: nothing sent yet on this attempt. sending: the request goes, no answer yet. answering: the
 * answer goes. taking: it is whole, but the request still goes. flushing: both are whole, and the client
 * slow to take the answer.
 */
type Phase = "connecting" | "sending" | "answering" | "taking" | "flushing" | "upgraded" | "over";

/** Moves one exchange's bytes; every decision is the exchange's own. */
export class Relay implements AnswerReceiver {
  readonly #context: RelayContext;
  readonly #client: RelayClient;
  readonly #exchange: Exchange;
  readonly #head: RequestHeadRead;
  readonly #answer: AnswerWriter;
  readonly #endsAtMs: number | undefined;
  #phase: Phase = "connecting";
  #instance: InstanceConnection | undefined;
  #body: Body | undefined;
  #requestText = "";
  /** What of the body came with the head, as latin1 text: kept, so that it can be sent again. */
  #firstBody = "";
  #canResend = true;
  #isFirstAttempt = true;
  #isClientPaused = false;
  #isInstancePaused = false;
  #tunnel: Tunnel | undefined;

  constructor(context: RelayContext, client: RelayClient, exchange: Exchange, head: RequestHeadRead) {
    this.#context = context;
    this.#client = client;
    this.#exchange = exchange;
    this.#head = head;
    this.#answer = new AnswerWriter(client, head);
    const { exchangeMs } = exchange.policy;
    this.#endsAtMs = exchangeMs === undefined ? undefined : context.deadlines.nowMs + exchangeMs;
  }

  get isHead(): boolean {
    return this.#head.method === "HEAD";
  }

  get isRequestWhole(): boolean {
    return this.#body === undefined || this.#body.isWhole;
  }

  /** The client's next bytes belong to this exchange. */
  get takesBytes(): boolean {
    return this.#tunnel !== undefined || !this.isRequestWhole;
  }

  /** Starts, with what came behind the head at `from`..`to`; gives the index behind what belongs to it. */
  begin(bytes: Buffer, from: number, to: number): number {
    let end = from;
    if (this.#head.hasBody) {
      this.#body = new Body(this.#head.isChunked ? "chunked" : "length", this.#head.contentLength);
      end = this.#body.take(bytes, from, to);
    }
    const failure = this.#bodyFailure();
    if (this.#exchange.failure !== undefined) this.#answerFailure();
    else if (failure !== undefined) this.#fail(failure);
    else {
      if (from < end) this.#firstBody = bytes.latin1Slice(from, end);
      this.#attempt();
    }
    return end;
  }

  /** Bytes of the request's body, or of the upgraded protocol; gives the index behind those taken. */
  onClientBytes(bytes: Buffer, from: number, to: number): number {
    if (this.#tunnel !== undefined) {
      this.#tunnel.fromClient(bytes, from, to);
      return to;
    }
    const end = this.#body === undefined ? from : this.#body.take(bytes, from, to);
    // Without an instance the answer is whole already, and the rest of the request is of no use.
    if (this.#instance === undefined) return end;
    const failure = this.#bodyFailure();
    if (failure === undefined) this.#forward(this.#instance, bytes, from, end);
    else this.#fail(failure);
    return end;
  }

  /** The client has sent its end: that of a tunnel's bytes; else it is gone, and waits for nothing any more. */
  onClientEnd(): void {
    if (this.#tunnel === undefined) this.onClientGone();
    else this.#tunnel.onClientEnd();
  }

  onClientGone(): void {
    if (this.#phase === "taking") this.#finish(undefined);
    else this.#cut("client-gone");
  }

  onClientDrain(): void {
    if (this.#phase === "flushing") return this.#finish(undefined);
    this.#tunnel?.onClientDrain();
    if (!this.#isInstancePaused) return;
    this.#isInstancePaused = false;
    this.#instance?.resumeReading();
    this.#wait(this.#exchange.policy.bodyIdleMs);
  }

  /** The router closes: tunnels end; everything else goes on to its own end. */
  onClose(): void {
    if (this.#tunnel !== undefined) this.#finish(undefined);
  }

  onDefect(error: unknown): void {
    this.#client.onDefect(error);
  }

  /** The client's connection is given up for a defect of the router. */
  abandon(): void {
    if (this.#phase !== "over") this.#finish("internal");
  }

  onDeadline(): void {
    if (this.#tunnel !== undefined) this.#finish(undefined);
    else this.#fail(this.#lateFailure());
  }

  onConnected(): void {
    if (this.#instance !== undefined) this.#send(this.#instance);
  }

  onInstanceDrain(): void {
    this.#tunnel?.onInstanceDrain();
    if (this.#phase === "connecting" || !this.#isClientPaused) return;
    this.#resumeClient();
    this.#waitForMore();
  }

  onInterim(answer: AnswerHead): void {
    this.#answer.writeInterim(answer);
  }

  onAnswerHead(answer: AnswerHead, body: Body): void {
    const headers = this.#exchange.answerHeaders(answer.status, answer.rawHeaders);
    this.#phase = "answering";
    // An early answer: the rest of the request still comes, if the instance takes it, and if the client
    // does not wait to be asked for it.
    const mayComeWhole = this.isRequestWhole || (answer.persists && !this.#head.expectsContinue);
    this.#answer.startAnswer(answer, headers, body, this.#mayPersist && mayComeWhole);
  }

  onAnswerBody(bytes: Buffer, from: number, to: number, isLast: boolean): void {
    this.#answer.writeBody(bytes, from, to);
    if (this.#client.isBackedUp) {
      this.#isInstancePaused = true;
      this.#instance?.pauseReading();
    }
    if (!isLast) this.#waitForMore();
  }

  onEarlyAnswerEnd(): void {
    this.#exchange.answerEnded();
    this.#answer.end();
    this.#phase = "taking";
    this.#waitForMore();
  }

  onAnswerEnd(): void {
    this.#instance = undefined;
    this.#exchange.answerEnded();
    this.#answer.end();
    this.#flush();
  }

  onUpgrade(answer: AnswerHead): void {
    const instance = this.#instance;
    if (this.#exchange.upgrade === undefined || answer.upgrade === undefined || instance === undefined) {
      return this.#fail("answer-malformed");
    }
    const headers = this.#exchange.answerHeaders(answer.status, answer.rawHeaders);
    this.#answer.writeUpgrade(answer, headers, answer.upgrade);
    this.#exchange.upgraded();
    this.#phase = "upgraded";
    this.#tunnel = new Tunnel(this.#client, instance);
    const { upgradedMs } = this.#exchange.policy;
    if (upgradedMs === undefined) this.#client.deadline.clear();
    else this.#client.deadline.set(upgradedMs);
    this.#client.onUpgraded();
  }

  onUpgradedBytes(bytes: Buffer, from: number, to: number): void {
    this.#tunnel?.fromInstance(bytes, from, to);
  }

  onUpgradedEnd(): void {
    this.#finish(undefined);
  }

  onInstanceFailed(failure: FailureCode): void {
    this.#fail(failure);
  }

  #attempt(): void {
    const instance = this.#exchange.instance;
    if (instance === undefined) return this.#answerFailure();
    this.#requestText = requestHeadText(this.#head, this.#exchange) + this.#firstBody;
    this.#exchange.connecting();
    // Where one kept connection was dead, the others are likely to be: a second attempt makes its own.
    const kept = this.#isFirstAttempt ? this.#context.pool.take(instance.authority) : undefined;
    this.#isFirstAttempt = false;
    if (kept !== undefined) {
      kept.reuse(instance, this);
      this.#instance = kept;
      return this.#send(kept);
    }
    this.#phase = "connecting";
    if (!this.isRequestWhole) this.#pauseClient();
    this.#instance = new InstanceConnection(this.#context, instance, this);
    this.#wait(this.#exchange.policy.connectMs);
  }

  #send(instance: InstanceConnection): void {
    this.#phase = "sending";
    instance.send(this.#requestText);
    this.#requestText = "";
    this.#resumeClient();
    this.#waitForMore();
  }

  #forward(instance: InstanceConnection, bytes: Buffer, from: number, to: number): void {
    if (this.#phase === "connecting") {
      const text = bytes.latin1Slice(from, to);
      this.#firstBody += text;
      this.#requestText += text;
      return;
    }
    this.#canResend = false;
    instance.write(bytes, from, to);
    if (this.#phase === "taking" && this.isRequestWhole) return this.#settle(instance);
    if (instance.isBackedUp) this.#pauseClient();
    this.#waitForMore();
  }

  #settle(instance: InstanceConnection): void {
    this.#instance = undefined;
    instance.settle();
    this.#flush();
  }

  #bodyFailure(): FailureCode | undefined {
    if (this.#body === undefined) return undefined;
    if (this.#body.isMalformed) return "bad-request";
    const { maxBodyBytes } = this.#exchange.policy;
    const isTooLarge = maxBodyBytes !== undefined && this.#body.announcedBytes > maxBodyBytes;
    return isTooLarge ? "body-too-large" : undefined;
  }

  #lateFailure(): FailureCode {
    const isExchangeLate = this.#endsAtMs !== undefined && this.#context.deadlines.nowMs >= this.#endsAtMs;
    if (this.#phase === "connecting") return isExchangeLate ? "answer-timeout" : "connect-timeout";
    if (this.#phase === "flushing" || this.#isInstancePaused) return "client-gone";
    const isClientLate = this.#phase === "sending" && !this.isRequestWhole && !this.#isClientPaused;
    return isClientLate && !isExchangeLate ? "body-timeout" : "answer-timeout";
  }

  #fail(failure: FailureCode): void {
    if (this.#phase === "taking") return this.#giveUpRest();
    if (this.#phase !== "connecting" && this.#phase !== "sending") return this.#cut(failure);
    const connection = this.#instance;
    this.#instance = undefined;
    connection?.destroy();
    const isSent = connection?.isSent ?? false;
    const isReused = connection?.isUnusedSinceKept ?? false;
    if (this.#exchange.retry(failure, { isSent, isReused, canResend: this.#canResend })) this.#attempt();
    else this.#answerFailure();
  }

  /** The client has its answer; the rest of its request is of no use to anybody. */
  #giveUpRest(): void {
    this.#answer.persists = false;
    this.#instance?.destroy();
    this.#instance = undefined;
    this.#flush();
  }

  #answerFailure(): void {
    const isClear = this.isRequestWhole && this.#exchange.failure !== "bad-request";
    this.#answer.writeOwn(this.#exchange.failureAnswer(), this.#mayPersist && isClear);
    this.#flush();
  }

  get #mayPersist(): boolean {
    return this.#head.persists && !this.#context.isClosing;
  }

  #flush(): void {
    this.#phase = "flushing";
    if (this.#client.isBackedUp) this.#wait(this.#exchange.policy.bodyIdleMs);
    else this.#finish(undefined);
  }

  #cut(failure: FailureCode): void {
    if (this.#phase === "over") return;
    const endsWithConnection = this.#answer.endsWithConnection;
    this.#finish(failure);
    this.#client.cut(endsWithConnection);
  }

  #finish(cut: FailureCode | undefined): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    if (this.#tunnel !== undefined && cut === undefined) this.#instance?.release();
    else this.#instance?.destroy();
    this.#instance = undefined;
    const bytesIn = this.#tunnel?.bytesIn ?? this.#body?.dataBytes ?? 0;
    const bytesOut = this.#tunnel?.bytesOut ?? this.#answer.bodyBytes;
    this.#exchange.finish(cut === undefined ? { bytesIn, bytesOut } : { bytesIn, bytesOut, cut });
    if (cut === undefined)
      this.#client.onExchangeEnd(this.#answer.persists, this.takesBytes || this.#head.persists);
  }

  #pauseClient(): void {
    this.#isClientPaused = true;
    this.#client.pauseReading();
  }

  #resumeClient(): void {
    if (!this.#isClientPaused) return;
    this.#isClientPaused = false;
    this.#client.resumeReading();
  }

  /** The answer's head is awaited longer than anything else, but only once the request is there. */
  #waitForMore(): void {
    const { answerHeadMs, bodyIdleMs } = this.#exchange.policy;
    this.#wait(this.#phase === "sending" && this.isRequestWhole ? answerHeadMs : bodyIdleMs);
  }

  #wait(ms: number): void {
    const { deadline } = this.#client;
    if (this.#endsAtMs === undefined) return deadline.set(ms);
    const leftMs = this.#endsAtMs - this.#context.deadlines.nowMs;
    // Late already: its end, which is set, comes however often something moves until then.
    if (leftMs <= 0 && deadline.isSet) return;
    deadline.set(Math.max(0, Math.min(ms, leftMs)));
  }
}
