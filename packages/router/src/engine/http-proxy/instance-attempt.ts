// One attempt on one instance: a connection, and a request that http-proxy sends on it.

import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import { classifyError, handshakeReason, refusesCertificate } from "../../request/classify.ts";
import type { FailureCode } from "../../request/failures.ts";
import { connectInstance } from "./connect-instance.ts";
import { groupFields } from "./grouped-fields.ts";
import { handOver } from "./hand-over-agent.ts";
import type { Peer } from "./idle-pool.ts";
import type { Served, Shared } from "./served.ts";
import { withoutTrailerField } from "./trailer-field.ts";

const MAX_ANSWER_HEAD_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** What becomes of an attempt. After `onFailed` nothing more is told. */
export interface AttemptEvents {
  onConnected(): void;
  onFailed(failure: FailureCode): void;
  onAnswer(answer: IncomingMessage, sent: ClientRequest): void;
  onUpgrade(answer: IncomingMessage, head: Buffer): void;
}

/** See the top of this file. */
export class InstanceAttempt {
  readonly peer: Peer;
  readonly socket: Socket;
  /** On a kept connection. */
  readonly isReused: boolean;
  readonly #events: AttemptEvents;
  /** Why the instance could not prove who it is, or did not believe it of us. */
  distrust: string | undefined = undefined;
  #isOver = false;
  #hasAnswered = false;
  #writtenBefore = -1;

  /** Begins to connect, unless there is a kept connection; `onConnected` comes later in any case. */
  constructor(peer: Peer, from: { kept: Socket | undefined; connectMs: number }, events: AttemptEvents) {
    this.peer = peer;
    this.isReused = from.kept !== undefined;
    this.#events = events;
    if (from.kept !== undefined) {
      this.socket = from.kept;
      process.nextTick(() => this.#connected());
      return;
    }
    this.socket = connectInstance({ ...peer, connectMs: from.connectMs }, (result) => {
      if ("error" in result) this.#failedToConnect(result.error);
      else this.#connected();
    });
  }

  /** The request is with http-proxy: from now on the client's body is read. */
  get isForwarded(): boolean {
    return this.#writtenBefore !== -1;
  }

  /** Bytes of this request may have reached the instance. */
  get isSent(): boolean {
    if (this.distrust !== undefined) return false;
    return this.isForwarded && this.socket.bytesWritten > this.#writtenBefore;
  }

  /** Sends the request. `isFirst`: what came behind the head of an upgrade was not given away yet. */
  forward({ proxy }: Shared, served: Served, isFirst: boolean): void {
    this.#writtenBefore = this.socket.bytesWritten;
    const { request, response, exchange, upgradeHead } = served;
    const { address: host, port } = this.peer.instance.record;
    const agent = handOver(this.socket, (sent) => {
      this.#writeHead(sent, served);
      this.#listen(sent, upgradeHead !== undefined);
    });
    const options = { target: { host, port }, agent };
    const onError = (error: Error): void => this.#failedInAnswer(error);
    // All that http-proxy may see: it would join what came twice, and turn the order round.
    request.headers = exchange.upgrade === undefined ? {} : { upgrade: exchange.upgrade };
    if (upgradeHead === undefined) proxy.web(request, response, options, onError);
    else proxy.ws(request, request.socket, isFirst ? upgradeHead : NOTHING, options, onError);
  }

  /** Gives the attempt up. */
  destroy(): void {
    this.#isOver = true;
    this.socket.destroy();
  }

  #connected(): void {
    if (!this.#isOver) this.#events.onConnected();
  }

  #failedToConnect(error: Error): void {
    const isSecure = this.peer.trust !== undefined;
    if (isSecure) this.distrust = handshakeReason(error);
    this.#failed(classifyError(error, isSecure ? "secure" : "connect"));
  }

  /** In TLS 1.3 an instance may refuse our certificate when the handshake is over for us: it has not looked at the request. */
  #failedInAnswer(error: Error): void {
    const isRefusal = this.peer.trust !== undefined && !this.isReused && !this.#hasAnswered;
    if (isRefusal && refusesCertificate(error)) this.#failedToConnect(error);
    else this.#failed(classifyError(error, "answer"));
  }

  #failed(failure: FailureCode): void {
    if (this.#isOver) return;
    this.destroy();
    this.#events.onFailed(failure);
  }

  #writeHead(sent: ClientRequest, { exchange, isChunked }: Served): void {
    sent.path = exchange.target;
    for (const name of sent.getHeaderNames()) sent.removeHeader(name);
    const fields = withoutTrailerField(exchange.requestHeaders());
    if (exchange.upgrade !== undefined) fields.push("Connection", "Upgrade", "Upgrade", exchange.upgrade);
    else if (isChunked) fields.push("Transfer-Encoding", "chunked");
    for (const [name, value] of Object.entries(groupFields(fields))) sent.setHeader(name, value);
    sent.maxHeadersCount = 0;
    // No part of the types, but where `http.request` keeps it.
    Object.assign(sent, { maxHeaderSize: MAX_ANSWER_HEAD_BYTES });
  }

  /** Listens to the request before http-proxy does. */
  #listen(sent: ClientRequest, isUpgrade: boolean): void {
    const onAnswer = (answer: IncomingMessage): void => {
      this.#hasAnswered = true;
      if (!this.#isOver) this.#events.onAnswer(answer, sent);
    };
    sent.once("close", () => {
      if (!this.#hasAnswered) this.#failed("answer-cut");
    });
    if (!isUpgrade) {
      sent.once("response", onAnswer);
      // To switch without being asked is no answer.
      sent.once("upgrade", (_, socket) => {
        socket.destroy();
        this.#failed("answer-malformed");
      });
      return;
    }
    sent.once("upgrade", (answer, _, head) => {
      this.#hasAnswered = true;
      this.#events.onUpgrade(answer, head);
    });
    sent.once("socket", () => {
      // By now http-proxy has its listeners. The one for a refused upgrade writes it to the client as it likes,
      // the one for an error ends the client's connection, so that nobody else could be tried.
      sent.removeAllListeners("response").once("response", onAnswer);
      sent.removeAllListeners("error");
      sent.on("error", (error) => this.#failedInAnswer(error));
    });
  }
}
