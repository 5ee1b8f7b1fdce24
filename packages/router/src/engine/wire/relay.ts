// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// One exchange on the wire: from a client's connection to those to its instances, one at a time, and back.

import type { Exchange } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import { FieldLines } from "../../request/field-lines.ts";
import type { Answer } from "./answer.ts";
import type { Body } from "./body.ts";
import type { AnswerHead } from "./read-answer-head.ts";
import type { RequestHeadRead } from "./read-request-head.ts";
import type { ClientBytes, RelayClient, RelayContext } from "./relay-client.ts";
import type { AnswerReceiver, UpgradedReceiver } from "./relay-instance.ts";
import { RequestSender } from "./request-sender.ts";
import { Tunnel } from "./tunnel.ts";

/**
 * connecting: nothing sent yet on this attempt. sending: the request goes, no answer yet. answering: the
 * answer goes. taking: it is whole, but the request still goes. flushing: both are whole, and the client
 * slow to take the answer.
 */
type Phase = "connecting" | "sending" | "answering" | "taking" | "flushing" | "over";

/** Moves one exchange's bytes; every decision is the exchange's own. */
export class Relay implements ClientBytes, AnswerReceiver {
  readonly #context: RelayContext;
  readonly #client: RelayClient;
  readonly #exchange: Exchange;
  readonly #head: RequestHeadRead;
  readonly #answer: Answer;
  readonly #request: RequestSender;
  #phase: Phase = "connecting";
  /** The instance waits until the client takes more. */
  #isInstancePaused = false;

  constructor(context: RelayContext, client: RelayClient, exchange: Exchange, head: RequestHeadRead) {
    this.#context = context;
    this.#client = client;
    this.#exchange = exchange;
    this.#head = head;
    this.#answer = client.answerTo(head);
    this.#request = new RequestSender(context, client, exchange, head);
    client.deadline.limit(exchange.policy.exchangeMs);
  }

  get isHead(): boolean {
    return this.#head.method === "HEAD";
  }

  get isRequestWhole(): boolean {
    return this.#request.isWhole;
  }

  get takesBytes(): boolean {
    return !this.#request.isWhole;
  }

  /** Starts, with what came behind the head at `from`..`to`; gives the index behind what belongs to it. */
  begin(bytes: Buffer, from: number, to: number): number {
    const end = this.#request.begin(bytes, from, to);
    const { failure } = this.#request;
    if (this.#exchange.failure !== undefined) this.#answerFailure();
    else if (failure !== undefined) this.#fail(failure);
    else this.#attempt();
    return end;
  }

  /** Bytes of the request's body. */
  onClientBytes(bytes: Buffer, from: number, to: number): number {
    const request = this.#request;
    const end = request.take(bytes, from, to);
    // Without an instance the answer is whole already, and the rest of the request is of no use.
    if (request.connection === undefined) return end;
    const { failure } = request;
    if (failure !== undefined) this.#fail(failure);
    else this.#forward(bytes, from, end);
    return end;
  }

  /** It is gone, and waits for nothing any more. */
  onClientEnd(): void {
    this.onClientGone();
  }

  onClientGone(): void {
    if (this.#phase === "taking") this.#finish(undefined);
    else this.#cut("client-gone");
  }

  onClientDrain(): void {
    if (this.#phase === "flushing") return this.#finish(undefined);
    if (!this.#isInstancePaused) return;
    this.#isInstancePaused = false;
    this.#request.connection?.socket.resume();
    this.#client.deadline.set(this.#exchange.policy.bodyIdleMs);
  }

  onClose(): void {
    // It goes on to its own end.
  }

  onDefect(error: unknown): void {
    this.#client.onDefect(error);
  }

  abandon(): void {
    if (this.#phase !== "over") this.#finish("internal");
  }

  onDeadline(): void {
    this.#fail(this.#lateFailure());
  }

  onConnected(): void {
    this.#send();
  }

  onInstanceDrain(): void {
    if (this.#phase === "connecting" || !this.#request.isPaused) return;
    this.#request.resume();
    this.#waitForMore();
  }

  onInterim(answer: AnswerHead): void {
    this.#answer.writeInterim(answer);
  }

  onAnswerHead(answer: AnswerHead, body: Body): void {
    const lines = this.#answerLines(answer);
    this.#phase = "answering";
    // An early answer: the rest of the request still comes, if the instance takes it, and if the client
    // does not wait to be asked for it.
    const mayComeWhole = this.isRequestWhole || (answer.persists && !this.#head.expectsContinue);
    this.#answer.startAnswer(answer, lines, body, this.#mayPersist && mayComeWhole);
  }

  onAnswerBody(bytes: Buffer, from: number, to: number, isLast: boolean): void {
    this.#answer.writeBody(bytes, from, to);
    if (this.#client.socket.isBackedUp) {
      this.#isInstancePaused = true;
      this.#request.connection?.socket.pause();
    }
    if (!isLast) this.#waitForMore();
  }

  onEarlyAnswerEnd(trailers?: readonly string[]): void {
    this.#exchange.answerEnded();
    this.#answer.end(trailers);
    this.#phase = "taking";
    this.#waitForMore();
  }

  onAnswerEnd(trailers?: readonly string[]): void {
    this.#request.connection = undefined;
    this.#exchange.answerEnded();
    this.#answer.end(trailers);
    this.#flush();
  }

  onUpgrade(answer: AnswerHead): UpgradedReceiver | undefined {
    const instance = this.#request.connection;
    if (this.#exchange.upgrade === undefined || answer.upgrade === undefined || instance === undefined) {
      return undefined;
    }
    const lines = this.#answerLines(answer);
    this.#answer.writeUpgrade(answer, lines, answer.upgrade);
    this.#exchange.upgraded();
    this.#phase = "over";
    const { upgradedMs } = this.#exchange.policy;
    const { deadline } = this.#client;
    deadline.limit(undefined);
    if (upgradedMs === undefined) deadline.clear();
    else deadline.set(upgradedMs);
    const tunnel = new Tunnel(this.#client, instance, this.#exchange);
    this.#client.onUpgraded(tunnel);
    return tunnel;
  }

  onInstanceFailed(failure: FailureCode): void {
    this.#fail(failure);
  }

  #answerLines(answer: AnswerHead): string {
    return this.#exchange.answerLines(answer.status, answer.lines ?? FieldLines.of(answer.rawHeaders));
  }

  #attempt(): void {
    const { instance } = this.#exchange;
    if (instance === undefined) return this.#answerFailure();
    if (this.#request.connect(instance, this)) return this.#send();
    this.#phase = "connecting";
    this.#client.deadline.set(this.#exchange.policy.connectMs);
  }

  #send(): void {
    this.#phase = "sending";
    this.#request.send();
    this.#waitForMore();
  }

  #forward(bytes: Buffer, from: number, to: number): void {
    this.#request.forward(bytes, from, to);
    if (this.#phase === "connecting") return;
    if (this.#phase === "taking" && this.isRequestWhole) return this.#settle();
    this.#waitForMore();
  }

  #settle(): void {
    const { connection } = this.#request;
    this.#request.connection = undefined;
    connection?.settle();
    this.#flush();
  }

  #lateFailure(): FailureCode {
    const isExchangeLate = this.#client.deadline.isPastLimit;
    if (this.#phase === "connecting") return isExchangeLate ? "answer-timeout" : "connect-timeout";
    if (this.#phase === "flushing" || this.#isInstancePaused) return "client-gone";
    const isClientLate = this.#phase === "sending" && !this.isRequestWhole && !this.#request.isPaused;
    return isClientLate ? "body-timeout" : "answer-timeout";
  }

  #fail(failure: FailureCode): void {
    if (this.#phase === "taking") return this.#giveUpRest();
    if (this.#phase !== "connecting" && this.#phase !== "sending") return this.#cut(failure);
    const { attempt } = this.#request;
    this.#request.cut();
    if (this.#exchange.retry(failure, attempt)) this.#attempt();
    else this.#answerFailure();
  }

  /** The client has its answer; the rest of its request is of no use to anybody. */
  #giveUpRest(): void {
    this.#answer.persists = false;
    this.#request.cut();
    this.#flush();
  }

  #answerFailure(): void {
    const isClear = this.isRequestWhole && this.#exchange.failure !== "bad-request";
    // The exchange has had its time; to read that is not a part of it.
    this.#client.deadline.limit(undefined);
    this.#answer.writeOwn(this.#exchange.failureAnswer(), this.#mayPersist && isClear);
    this.#flush();
  }

  get #mayPersist(): boolean {
    return this.#head.persists && !this.#context.isClosing;
  }

  #flush(): void {
    this.#phase = "flushing";
    if (this.#client.socket.isBackedUp) this.#client.deadline.set(this.#exchange.policy.bodyIdleMs);
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
    this.#client.deadline.limit(undefined);
    this.#request.cut();
    const bytesIn = this.#request.bodyBytes;
    const bytesOut = this.#answer.bodyBytes;
    this.#exchange.finish(cut === undefined ? { bytesIn, bytesOut } : { bytesIn, bytesOut, cut });
    if (cut === undefined)
      this.#client.onExchangeEnd(this.#answer.persists, this.takesBytes || this.#head.persists);
  }

  /** The answer's head is awaited longer than anything else, but only once the request is there. */
  #waitForMore(): void {
    const { answerHeadMs, bodyIdleMs } = this.#exchange.policy;
    this.#client.deadline.set(this.#phase === "sending" && this.isRequestWhole ? answerHeadMs : bodyIdleMs);
  }
}
