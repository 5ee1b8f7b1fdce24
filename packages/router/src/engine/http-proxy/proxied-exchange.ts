// One exchange in this engine: attempts, the answer or the failure, the end; nobody is left hanging.

import { STATUS_CODES } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";

import type { FailureCode } from "../../request/failures.ts";
import { Deadlines, type Late } from "./deadlines.ts";
import { drainRequest } from "./drain-request.ts";
import { groupFields } from "./grouped-fields.ts";
import { InstanceAttempt } from "./instance-attempt.ts";
import { keepMs } from "./keep-ms.ts";
import { answerRaw } from "./raw-answer.ts";
import { relayAnswer } from "./relay-answer.ts";
import type { Served, Shared } from "./served.ts";
import { Tunnel } from "./tunnel.ts";

/** Failures after which nobody knows where the client's next request begins. */
const LOST: ReadonlySet<FailureCode> = new Set(["bad-request", "body-timeout", "head-too-large"]);

/** How far the answer is: not begun, its head is sent, the instance has sent all, the client has all. */
type Answer = "none" | "begun" | "whole" | "sent";

/** The life of one exchange; `onOver` is called once, when the client's connection is free or gone. */
export class ProxiedExchange {
  readonly #shared: Shared;
  readonly #served: Served;
  readonly #deadlines: Deadlines;
  readonly #onOver: () => void;
  /** The attempt that runs; after an early answer, the one that still takes the rest of the body. */
  #attempt: InstanceAttempt | undefined;
  #attempts = 0;
  #isUpgradeHeadGiven = false;
  #answer: Answer = "none";
  #isFramed = true;
  #tunnel: Tunnel | undefined;
  #cutAs: FailureCode | undefined;
  #isFinished = false;
  #isOver = false;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(shared: Shared, served: Served, onOver: () => void) {
    this.#shared = shared;
    this.#served = served;
    this.#onOver = onOver;
    this.#deadlines = new Deadlines(served.exchange.policy, (late) => this.#late(late));
  }

  start(): void {
    const { request, response, exchange, hasBody } = this.#served;
    // Both have listeners of their own while they are piped; before and after nobody else would listen.
    request.on("error", () => undefined).setMaxListeners(0);
    response.on("error", () => undefined);
    response.once("finish", () => this.#sent());
    if (exchange.failure !== undefined) return this.#answerFailure(exchange.failure);
    if (hasBody) request.once("end", () => this.#bodyRead());
    this.#try();
  }

  /** The client is still sending this exchange's body. */
  get isReading(): boolean {
    return !this.#served.request.complete;
  }

  /** What the client sends is no body. */
  clientFailed(failure: FailureCode): void {
    if (this.#answer === "sent") this.#served.request.socket.destroy();
    else this.#failed(failure);
  }

  /** The client's connection is gone. */
  clientGone(): void {
    this.#over();
  }

  /** The engine closes: a tunnel would never end by itself. */
  endTunnel(): void {
    this.#tunnel?.end();
  }

  #try(): void {
    const { exchange } = this.#served;
    const { instance, policy } = exchange;
    if (instance === undefined) return this.#answerFailure("internal");
    exchange.connecting();
    // What has failed on a kept connection may fail on the next kept one for the same reason.
    const peer = { instance, trust: this.#shared.trusts.of(instance, policy.instanceTls) };
    const kept = this.#attempts++ === 0 ? this.#shared.pool.take(peer) : undefined;
    const attempt = new InstanceAttempt(
      peer,
      { kept, connectMs: policy.connectMs },
      {
        onConnected: () => this.#forward(attempt),
        onFailed: (failure) => this.#failed(failure),
        onAnswer: (answer, sent) => this.#relay(attempt, answer, sent),
        onUpgrade: (answer, head) => this.#upgrade(attempt, answer, head),
      },
    );
    this.#attempt = attempt;
  }

  #forward(attempt: InstanceAttempt): void {
    const { response, hasBody, expectsContinue } = this.#served;
    if (hasBody) this.#watchBody();
    else this.#deadlines.headDue();
    if (expectsContinue) response.writeContinue();
    attempt.forward(this.#shared, this.#served, !this.#isUpgradeHeadGiven);
    this.#isUpgradeHeadGiven = true;
  }

  #watchBody(): void {
    const { request, exchange } = this.#served;
    const { maxBodyBytes = Number.POSITIVE_INFINITY } = exchange.policy;
    this.#deadlines.bodyMoved();
    request.on("data", (chunk: Buffer) => {
      this.#bytesIn += chunk.length;
      this.#deadlines.bodyMoved();
      if (this.#bytesIn > maxBodyBytes) this.#failed("body-too-large");
    });
  }

  #bodyRead(): void {
    if (this.#answer === "none") this.#deadlines.headDue();
  }

  #relay(attempt: InstanceAttempt, answer: IncomingMessage, sent: ClientRequest): void {
    const { exchange, response, upgradeHead } = this.#served;
    const mustClose = upgradeHead !== undefined || this.#shared.isClosing();
    const isRelayed = relayAnswer(
      { exchange, answer, response, mustClose },
      {
        onMoved: (bytes) => {
          this.#bytesOut += bytes;
          this.#deadlines.bodyMoved();
        },
        onWhole: () => this.#whole(sent),
        onFailed: (failure) => this.#failed(failure),
      },
    );
    if (!isRelayed) return this.#failed("answer-malformed");
    this.#answer = "begun";
    this.#isFramed = response.chunkedEncoding || "content-length" in answer.headers;
    this.#deadlines.headCame();
    this.#deadlines.bodyMoved();
    attempt.socket.once("free", () => this.#keep(attempt, answer));
  }

  #whole(sent: ClientRequest): void {
    const { request, exchange } = this.#served;
    if (this.#answer === "begun") this.#answer = "whole";
    exchange.answerEnded();
    // An instance that answers early may go on reading; when it does not, the client's rest is nobody's.
    if (request.complete) this.#attempt = undefined;
    else sent.once("close", () => this.#uploadOver());
  }

  #uploadOver(): void {
    if (this.#attempt === undefined) return;
    this.#attempt = undefined;
    drainRequest(this.#served.request);
    if (this.#answer === "sent") this.#finish();
  }

  #keep({ peer, socket }: InstanceAttempt, answer: IncomingMessage): void {
    const { instance } = peer;
    if (instance.isGone || instance.record.state === "draining" || this.#shared.isClosing()) socket.destroy();
    else this.#shared.pool.put(peer, socket, keepMs(answer.headers["keep-alive"]));
  }

  #upgrade(attempt: InstanceAttempt, answer: IncomingMessage, head: Buffer): void {
    const { exchange, request } = this.#served;
    this.#answer = "begun";
    this.#deadlines.clear();
    const fields = exchange.answerHeaders(101, answer.rawHeaders);
    fields.push("Connection", "Upgrade", "Upgrade", answer.headers.upgrade ?? exchange.upgrade ?? "");
    // http-proxy writes these to the client, and pipes.
    answer.headers = groupFields(fields);
    this.#bytesOut = head.length;
    const ends = { client: request.socket, instance: attempt.socket };
    this.#tunnel = new Tunnel(ends, exchange.policy.upgradedMs);
    exchange.upgraded();
  }

  #late(late: Late): void {
    const { request, response } = this.#served;
    // The client has its answer, and neither it nor the instance gets on with the rest of the body.
    if (this.#answer === "sent") request.socket.destroy();
    else if (this.#answer !== "none")
      this.#failed(response.writableNeedDrain ? "client-gone" : "answer-timeout");
    // Who is it that does not move: the instance, when it does not read what the client has sent.
    else if (!request.complete) this.#failed(request.isPaused() ? "answer-timeout" : "body-timeout");
    else if (late !== "body") this.#failed("answer-timeout");
  }

  /** The attempt has failed, or the client has: another attempt, the answer for a failure, or the cut. */
  #failed(failure: FailureCode): void {
    const attempt = this.#attempt;
    if (this.#isOver || this.#tunnel !== undefined) return;
    attempt?.destroy();
    // The answer is whole: all that failed is the rest of a body that it did not wait for.
    if (this.#answer === "whole" || this.#answer === "sent") return this.#uploadOver();
    if (this.#answer === "begun") return this.#cut(failure);
    this.#attempt = undefined;
    this.#deadlines.headCame();
    const { exchange, hasBody } = this.#served;
    const isRetried = exchange.retry(failure, {
      isSent: attempt?.isSent ?? false,
      isReused: attempt?.isReused ?? false,
      canResend: attempt?.isForwarded !== true || !hasBody,
      distrust: attempt?.distrust,
    });
    if (isRetried) this.#try();
    else this.#answerFailure(failure);
  }

  /** Cuts the client's answer so that it notices: without a length or chunks, only a reset tells. */
  #cut(failure: FailureCode): void {
    const { socket } = this.#served.request;
    this.#cutAs = failure;
    if (this.#isFramed) socket.destroy();
    else socket.resetAndDestroy();
  }

  #answerFailure(failure: FailureCode): void {
    const { request, response, exchange, upgradeHead } = this.#served;
    if (LOST.has(failure) && !request.complete) {
      // Node would close the connection in the client's face.
      this.#bytesOut = answerRaw(request.socket, exchange, request.method);
      request.resume();
      this.#answer = "sent";
      return this.#over();
    }
    this.#answer = "begun";
    const { status, headers, body } = exchange.failureAnswer();
    headers.push("Content-Length", String(body.length));
    const mustClose = LOST.has(failure) || upgradeHead !== undefined || this.#shared.isClosing();
    if (mustClose) headers.push("Connection", "close");
    response.sendDate = false;
    response.writeHead(status, STATUS_CODES[status] ?? "", headers);
    if (request.method !== "HEAD") this.#bytesOut = body.length;
    response.end(body);
    drainRequest(request);
  }

  /** The client has its whole answer, or at least the kernel has. */
  #sent(): void {
    const { request, upgradeHead } = this.#served;
    this.#answer = "sent";
    if (upgradeHead !== undefined) return request.socket.destroySoon();
    if (request.complete) return this.#over();
    request.once("end", () => this.#over());
    if (this.#attempt === undefined) this.#finish();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finish();
    this.#onOver();
  }

  /** Nothing moves any more that is counted. */
  #finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#deadlines.clear();
    const tunnel = this.#tunnel;
    // The answer never got to its end, though nobody cut it: so the client did.
    const isCut = this.#answer !== "sent" && tunnel === undefined;
    const isBodyCut = !this.#served.request.complete;
    if (isCut || isBodyCut) this.#attempt?.destroy();
    this.#served.exchange.finish({
      bytesIn: this.#bytesIn + (tunnel?.bytesIn ?? 0),
      bytesOut: this.#bytesOut + (tunnel?.bytesOut ?? 0),
      ...(isCut && { cut: this.#cutAs ?? "client-gone" }),
    });
  }
}
