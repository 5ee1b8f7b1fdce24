// One exchange in this engine: connect, hand over to http-proxy, relay, and never leave anybody hanging.

import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import type httpProxy from "http-proxy";

import { classifyError } from "../../request/classify.ts";
import type { Exchange } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import { connectInstance } from "./connect-instance.ts";
import { Deadlines, type Late } from "./deadlines.ts";
import { drainRequest } from "./drain-request.ts";
import { groupFields } from "./grouped-fields.ts";
import { handOver } from "./hand-over-agent.ts";
import type { IdlePool } from "./idle-pool.ts";
import { keepMs } from "./keep-ms.ts";
import { answerRaw } from "./raw-answer.ts";
import { relayHead, withoutTrailerField } from "./relay-answer.ts";
import { Tunnel } from "./tunnel.ts";

/** What all exchanges of an engine share. */
export interface Shared {
  readonly proxy: httpProxy;
  readonly pool: IdlePool;
  readonly isClosing: () => boolean;
}

/** An exchange as Node's server hands it over. */
export interface Served {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly exchange: Exchange;
  /** The client waits for 100 Continue before it sends its body. */
  readonly expectsContinue: boolean;
  /** What the client sent behind the head of an upgrade; undefined: it is none. */
  readonly upgradeHead: Buffer | undefined;
  readonly hasBody: boolean;
  readonly isChunked: boolean;
}

/** One attempt on one instance. */
interface Attempt {
  readonly instance: InstanceEntry;
  readonly socket: Socket;
  readonly isReused: boolean;
  /** Bytes that the connection had carried before; -1 while it is not connected. */
  writtenBefore: number;
}

const MAX_ANSWER_HEAD_BYTES = 256 * 1024;

/** Failures after which nobody knows where the client's next request begins. */
const LOST: ReadonlySet<FailureCode> = new Set(["bad-request", "body-timeout", "head-too-large"]);

/** The life of one exchange in this engine. */
export class ProxiedExchange {
  readonly #shared: Shared;
  readonly #served: Served;
  readonly #deadlines: Deadlines;
  readonly #onOver: () => void;
  #attempt: Attempt | undefined;
  #isFirst = true;
  #isAnswering = false;
  #hasResponded = false;
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

  /** Runs it; `onOver` is called once, when the client's connection is free again or gone. */
  start(): void {
    const { request, response, exchange } = this.#served;
    const { socket } = request;
    // Both have listeners of their own while they are piped; before and after nobody else would listen.
    request.on("error", () => undefined).setMaxListeners(0);
    response.on("error", () => undefined);
    response.once("finish", () => this.#responded());
    socket.once("close", () => this.#over());
    if (socket.destroyed) this.#over();
    else if (exchange.failure === undefined) this.#tryInstance();
    else this.#answerFailure(exchange.failure);
  }

  /** The client is still sending this exchange's body. */
  get isReading(): boolean {
    return !this.#served.request.complete;
  }

  /** The client's side failed in mid-exchange: its body is malformed, or came too late. */
  clientFailed(failure: FailureCode): void {
    this.#failed(failure);
  }

  /** The engine closes: a tunnel would never end by itself. */
  endTunnel(): void {
    this.#tunnel?.end();
  }

  #tryInstance(): void {
    const { exchange } = this.#served;
    const { instance, policy } = exchange;
    if (instance === undefined) return this.#answerFailure("internal");
    exchange.connecting();
    const kept = this.#isFirst ? this.#shared.pool.take(instance.authority) : undefined;
    this.#isFirst = false;
    if (kept !== undefined)
      return this.#forward({ instance, socket: kept, isReused: true, writtenBefore: 0 });
    const { address, port } = instance.record;
    const socket = connectInstance({ address, port, connectMs: policy.connectMs }, (result) => {
      if ("error" in result) this.#failed(classifyError(result.error, "connect"));
      else this.#forward(attempt);
    });
    const attempt: Attempt = { instance, socket, isReused: false, writtenBefore: -1 };
    this.#attempt = attempt;
  }

  #forward(attempt: Attempt): void {
    const { request, response, exchange, upgradeHead, hasBody, expectsContinue } = this.#served;
    this.#attempt = attempt;
    attempt.writtenBefore = attempt.socket.bytesWritten;
    const target = { host: attempt.instance.record.address, port: attempt.instance.record.port };
    const agent = handOver(attempt.socket, (clientRequest) => {
      this.#writeHead(clientRequest);
      this.#listen(attempt, clientRequest);
    });
    const onError = (error: Error): void => this.#failed(classifyError(error, "answer"), attempt);

    // All that http-proxy may see: it would join what came twice, and turn the order round.
    request.headers = exchange.upgrade === undefined ? {} : { upgrade: exchange.upgrade };
    if (upgradeHead !== undefined) {
      this.#deadlines.headDue();
      this.#shared.proxy.ws(request, request.socket, upgradeHead, { target, agent }, onError);
      return;
    }
    if (hasBody) this.#watchBody(request);
    else this.#deadlines.headDue();
    if (expectsContinue) response.writeContinue();
    this.#shared.proxy.web(request, response, { target, agent }, onError);
  }

  #writeHead(clientRequest: ClientRequest): void {
    const { exchange, isChunked } = this.#served;
    clientRequest.path = exchange.target;
    for (const name of clientRequest.getHeaderNames()) clientRequest.removeHeader(name);
    const fields = withoutTrailerField(exchange.requestHeaders());
    if (exchange.upgrade !== undefined) fields.push("Connection", "Upgrade", "Upgrade", exchange.upgrade);
    else if (isChunked) fields.push("Transfer-Encoding", "chunked");
    for (const [name, value] of Object.entries(groupFields(fields))) clientRequest.setHeader(name, value);
  }

  #watchBody(request: IncomingMessage): void {
    const { maxBodyBytes } = this.#served.exchange.policy;
    this.#deadlines.bodyMoved();
    request.once("end", () => this.#deadlines.headDue());
    request.on("data", (chunk: Buffer) => {
      this.#bytesIn += chunk.length;
      this.#deadlines.bodyMoved();
      if (maxBodyBytes !== undefined && this.#bytesIn > maxBodyBytes) this.#failed("body-too-large");
    });
  }

  /** Listens to a request to an instance before http-proxy does. */
  #listen(attempt: Attempt, clientRequest: ClientRequest): void {
    clientRequest.maxHeadersCount = 0;
    // No part of the types, but where `http.request` keeps it.
    Object.assign(clientRequest, { maxHeaderSize: MAX_ANSWER_HEAD_BYTES });
    clientRequest.once("close", () => this.#failed("answer-cut", attempt));
    const onAnswer = (answer: IncomingMessage): void => this.#relay(attempt, clientRequest, answer);
    if (this.#served.upgradeHead === undefined) {
      clientRequest.once("response", onAnswer);
      // To switch without being asked is no answer.
      clientRequest.once("upgrade", (_, socket) => {
        socket.destroy();
        this.#failed("answer-malformed", attempt);
      });
      return;
    }
    clientRequest.once("upgrade", (answer, _, head) => this.#upgraded(attempt, answer, head));
    clientRequest.once("socket", () => {
      // By now http-proxy has its listeners. The one for a refused upgrade writes it to the client as it likes,
      // the one for an error ends the client's connection, so that nobody else could be tried.
      clientRequest.removeAllListeners("response").once("response", onAnswer);
      clientRequest.removeAllListeners("error");
      clientRequest.on("error", (error) => this.#failed(classifyError(error, "answer"), attempt));
    });
  }

  #relay(attempt: Attempt, clientRequest: ClientRequest, answer: IncomingMessage): void {
    if (attempt !== this.#attempt) return;
    const { exchange, request, response, upgradeHead } = this.#served;
    const mustClose = upgradeHead !== undefined || this.#shared.isClosing();
    if (!relayHead({ exchange, answer, response, mustClose })) {
      attempt.socket.destroy();
      return this.#failed("answer-malformed", attempt);
    }
    this.#isAnswering = true;
    this.#deadlines.headCame();
    this.#deadlines.bodyMoved();
    attempt.socket.once("free", () => this.#keep(attempt, answer));
    answer.on("data", (chunk: Buffer) => {
      this.#bytesOut += chunk.length;
      this.#deadlines.bodyMoved();
    });
    response.on("drain", () => this.#deadlines.bodyMoved());
    answer.once("error", (error) => this.#failed(classifyError(error, "answer"), attempt));
    answer.once("close", () => {
      if (!answer.complete) this.#failed("answer-cut", attempt);
    });
    answer.once("end", () => {
      if (!answer.complete) return;
      exchange.answerEnded();
      this.#attempt = undefined;
      // An instance that answers early may go on reading; when it does not, the client's rest is nobody's.
      if (!request.complete) {
        clientRequest.once("close", () => {
          drainRequest(request);
          this.#finish();
        });
      }
    });
    answer.pipe(response);
  }

  #keep(attempt: Attempt, answer: IncomingMessage): void {
    const { instance, socket } = attempt;
    if (instance.isGone || instance.record.state === "draining" || this.#shared.isClosing()) socket.destroy();
    else this.#shared.pool.put(instance.authority, socket, keepMs(answer.headers["keep-alive"]));
  }

  #upgraded(attempt: Attempt, answer: IncomingMessage, head: Buffer): void {
    const { exchange, request } = this.#served;
    const { policy } = exchange;
    this.#isAnswering = true;
    this.#deadlines.clear();
    const fields = exchange.answerHeaders(101, answer.rawHeaders);
    fields.push("Connection", "Upgrade", "Upgrade", answer.headers.upgrade ?? exchange.upgrade ?? "");
    // http-proxy writes these to the client, and pipes.
    answer.headers = groupFields(fields);
    this.#bytesOut = head.length;
    this.#tunnel = new Tunnel({ client: request.socket, instance: attempt.socket }, policy.upgradedMs);
    exchange.upgraded();
  }

  #late(late: Late): void {
    const { request, response } = this.#served;
    if (late !== "body") return this.#failed("answer-timeout");
    if (!request.complete && !this.#isAnswering) {
      // Who is it that does not move: the instance, when it does not read what the client has sent.
      return this.#failed(request.isPaused() || this.#isBlocked() ? "answer-timeout" : "body-timeout");
    }
    if (this.#isAnswering) this.#failed(response.writableNeedDrain ? "client-gone" : "answer-timeout");
  }

  #isBlocked(): boolean {
    return this.#attempt?.socket.writableNeedDrain ?? false;
  }

  /** An attempt has failed, or the client has: another attempt, the answer for a failure, or the cut. */
  #failed(failure: FailureCode, of: Attempt | undefined = this.#attempt): void {
    const attempt = this.#attempt;
    if (this.#isOver || this.#hasResponded || of !== attempt || this.#tunnel !== undefined) return;
    this.#attempt = undefined;
    attempt?.socket.destroy();
    if (this.#isAnswering) return this.#cut(failure);
    this.#deadlines.headCame();
    const { exchange, hasBody } = this.#served;
    const isConnected = attempt !== undefined && attempt.writtenBefore !== -1;
    const isSent = isConnected && attempt.socket.bytesWritten > attempt.writtenBefore;
    const isReused = attempt?.isReused ?? false;
    if (exchange.retry(failure, { isSent, isReused, canResend: !isConnected || !hasBody }))
      this.#tryInstance();
    else this.#answerFailure(failure);
  }

  /** Cuts the client's answer so that it notices: without a length or chunks, only a reset tells. */
  #cut(failure: FailureCode): void {
    const { request, response } = this.#served;
    this.#cutAs = failure;
    const isFramed = response.chunkedEncoding || response.hasHeader("content-length");
    if (isFramed) request.socket.destroy();
    else request.socket.resetAndDestroy();
  }

  #answerFailure(failure: FailureCode): void {
    const { request, response, exchange, upgradeHead } = this.#served;
    this.#isAnswering = true;
    const isLost = LOST.has(failure) && !request.complete;
    if (isLost) {
      // Node would close the connection in the client's face.
      this.#bytesOut = answerRaw(request.socket, exchange, request.method);
      request.resume();
      this.#hasResponded = true;
      return this.#over();
    }
    const { status, headers, body } = exchange.failureAnswer();
    const mustClose = LOST.has(failure) || upgradeHead !== undefined || this.#shared.isClosing();
    headers.push("Content-Length", String(body.length));
    if (mustClose) headers.push("Connection", "close");
    response.sendDate = false;
    response.writeHead(status, headers);
    if (request.method !== "HEAD") this.#bytesOut = body.length;
    response.end(body);
    drainRequest(request);
  }

  /** The client has its whole answer, or at least the kernel has. */
  #responded(): void {
    const { request, exchange, upgradeHead } = this.#served;
    this.#hasResponded = true;
    if (upgradeHead !== undefined) return request.socket.destroySoon();
    if (request.complete) return this.#over();
    request.once("end", () => this.#over());
    if (exchange.failure !== undefined) this.#finish();
  }

  /** The client's connection is free for its next request, or gone. */
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
    const isCut = !this.#hasResponded && tunnel === undefined;
    if (tunnel === undefined) this.#attempt?.socket.destroy();
    this.#served.exchange.finish({
      bytesIn: this.#bytesIn + (tunnel?.bytesIn ?? 0),
      bytesOut: this.#bytesOut + (tunnel?.bytesOut ?? 0),
      ...(isCut && { cut: this.#cutAs ?? "client-gone" }),
    });
  }
}
