// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.
// One connection to a client: it reads requests, one exchange after the other.

import type { Client, Exchanges } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import { linesOf } from "../../request/field-lines.ts";
import type { ListenerPolicy } from "../../table/policy.ts";
import type { ConnectionObserver } from "../connection-observer.ts";
import { parseProxyHeader } from "../proxy-protocol.ts";
import { AnswerWriter } from "./answer-writer.ts";
import { CR, LF } from "./bytes.ts";
import { Deadline, type DeadlineOwner } from "./deadlines.ts";
import { HEAD_INCOMPLETE, HEAD_MALFORMED, findHeadEnd, nextHeadScan } from "./head-end.ts";
import { TOO_MANY_FIELDS } from "./read-fields.ts";
import { type RequestHeadRead, readRequestHead } from "./read-request-head.ts";
import type { OpenConnection } from "./open-connection.ts";
import type { ClientBytes, RelayClient, RelayContext } from "./relay-client.ts";
import { Relay } from "./relay.ts";
import { type ByteReceiver, keepBytes, wordsOf } from "./shared-read.ts";
import { type SocketOwner, type WireConnection, WireSocket } from "./wire-socket.ts";
import { answerHeadText } from "./write-head.ts";

/** What all client connections of an engine share. */
export interface ClientConnections extends RelayContext {
  readonly exchanges: Exchanges;
  readonly listenerPolicy: () => ListenerPolicy;
  /** See EngineSettings. */
  readonly proxyProtocol?: boolean | undefined;
  readonly connectionObserver: ConnectionObserver;
  /** The connection is closed. */
  onClosed(connection: ClientConnection): void;
}

/** RFC 9112 section 2.2 asks to take at least one empty line before a request. */
const MAX_EMPTY_LINES = 4;
/** After an answer that ends the connection the client has this long to read it (RFC 9112 section 9.6). */
const LINGER_MS = 2_000;
/** Notices that the peer of a quiet tunnel is gone. */
const TUNNEL_PROBE_MS = 60_000;
/** `#readHead` gives it when there is nothing more to read now. */
const STOP = -1;

/** Reads requests off one connection, plain or TLS. */
export class ClientConnection implements OpenConnection, SocketOwner, DeadlineOwner, RelayClient {
  before: OpenConnection | undefined;
  behind: OpenConnection | undefined;
  readonly deadline: Deadline;
  readonly socket: WireSocket;
  readonly #shared: ClientConnections;
  #client: Client;
  /** The exchange that runs, or the tunnel that it became. */
  #running: ClientBytes | undefined;
  /** Bytes that came and were not taken yet: a part of a head, or requests behind the running one. */
  #pending: Buffer | undefined;
  #scannedBytes = 0;
  #emptyLines = 0;
  #isHeadTimed = true;
  #awaitsProxyHeader: boolean;
  #isTaking = false;
  #isEnding = false;

  /** `open` gives the connection's socket, and makes it hand its bytes to the receiver. */
  constructor(shared: ClientConnections, client: Client, open: (receiver: ByteReceiver) => WireConnection) {
    this.#shared = shared;
    // That of a secure connection was read before its handshake.
    this.#awaitsProxyHeader = shared.proxyProtocol === true && !client.isTls;
    this.#client = client;
    this.deadline = new Deadline(shared.deadlines, this);
    this.deadline.set(shared.listenerPolicy().headMs);
    this.socket = new WireSocket(this, open);
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.#pending === undefined) return this.#take(bytes, length);
    const joined = Buffer.concat([this.#pending, bytes.subarray(0, length)]);
    this.#pending = undefined;
    this.#take(joined, joined.length);
  }

  onDeadline(): void {
    if (this.#running !== undefined) this.#running.onDeadline();
    else if (this.#pending !== undefined && !this.#awaitsProxyHeader)
      this.#refuse("head-timeout", "the head took too long");
    else this.socket.destroy();
  }

  onDefect(error: unknown): void {
    const running = this.#running;
    this.#running = undefined;
    this.#isEnding = true;
    this.socket.destroy();
    running?.abandon();
    const detail = error instanceof Error ? error.stack : String(error);
    this.#shared.exchanges.refuse("internal", this.#client, detail).finish({ bytesIn: 0, bytesOut: 0 });
  }

  /** Ends the connection if it is idle; else its exchange is the last one. */
  close(): void {
    if (this.#running !== undefined) this.#running.onClose();
    else if (this.#pending === undefined) this.#end();
  }

  /** Cuts the connection, and its exchange. */
  destroy(): void {
    this.socket.destroy();
  }

  onDrain(): void {
    this.#running?.onClientDrain();
  }

  answerTo(head: RequestHeadRead): AnswerWriter {
    return new AnswerWriter(this.socket, head);
  }

  onUpgraded(tunnel: ClientBytes): void {
    this.#running = tunnel;
    this.socket.probe(TUNNEL_PROBE_MS);
    this.#takePending();
  }

  onExchangeEnd(persists: boolean, maySendMore: boolean): void {
    this.#running = undefined;
    if (!persists || this.#shared.isClosing) {
      return maySendMore || this.#pending !== undefined ? this.#linger() : this.#end();
    }
    this.#isHeadTimed = false;
    this.deadline.set(this.#shared.listenerPolicy().keepAliveMs);
    if (!this.#isTaking) this.#takePending();
  }

  cut(endsWithConnection: boolean): void {
    this.#running = undefined;
    // An orderly end would tell this client that the answer is whole.
    if (endsWithConnection) this.socket.reset();
    else this.socket.destroy();
  }

  #takePending(): void {
    this.socket.resume();
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) this.#take(pending, pending.length);
  }

  #take(bytes: Buffer, to: number): void {
    this.#isTaking = true;
    let at = 0;
    while (at < to && at !== STOP && !this.#isEnding) {
      if (this.#awaitsProxyHeader) at = this.#readProxyHeader(bytes, at, to);
      else if (this.#running === undefined) at = this.#readHead(bytes, at, to);
      else if (this.#running.takesBytes) at = this.#running.onClientBytes(bytes, at, to);
      else at = this.#keepForLater(bytes, at, to);
    }
    this.#isTaking = false;
  }

  /** Requests behind the running one wait in here; what follows them waits in the kernel. */
  #keepForLater(bytes: Buffer, from: number, to: number): number {
    this.#pending = keepBytes(bytes, from, to);
    this.socket.pause();
    return STOP;
  }

  /** Reads one head and starts its exchange; gives the index behind what belongs to it, or {@link STOP}. */
  #readHead(bytes: Buffer, from: number, to: number): number {
    const start = this.#skipEmptyLines(bytes, from, to);
    if (start === STOP || start === to) return start;
    const { maxHeadBytes, maxHeaders } = this.#shared.listenerPolicy();
    const limit = Math.min(to, start + maxHeadBytes);
    const end = findHeadEnd(bytes, start, start + this.#scannedBytes, limit, wordsOf(bytes));
    if (end === HEAD_MALFORMED) return this.#refuse("bad-request", "a line of the head is malformed");
    if (end === HEAD_INCOMPLETE) {
      if (limit < to || limit === start + maxHeadBytes) {
        return this.#refuse("head-too-large", `the head is longer than ${maxHeadBytes} bytes`);
      }
      return this.#keepPartialHead(bytes, start, to);
    }
    this.#scannedBytes = 0;
    this.#emptyLines = 0;
    const head = readRequestHead({ text: bytes.latin1Slice(start, end), bytes, start }, maxHeaders);
    if (typeof head === "string") {
      return this.#refuse(head === TOO_MANY_FIELDS ? "head-too-large" : "bad-request", head);
    }
    const exchange = this.#shared.exchanges.open(head, this.#client);
    const relay = new Relay(this.#shared, this, exchange, head);
    this.#running = relay;
    return relay.begin(bytes, end, to);
  }

  /** Before the first request: who the client is. */
  #readProxyHeader(bytes: Buffer, from: number, to: number): number {
    const header = parseProxyHeader(bytes.subarray(from, to));
    if (header.kind === "incomplete") {
      this.#pending = keepBytes(bytes, from, to);
      return STOP;
    }
    if (header.kind === "invalid") {
      this.#isEnding = true;
      this.socket.destroy();
      return STOP;
    }
    this.#awaitsProxyHeader = false;
    if (header.kind === "client") {
      const { address, port, localPort } = header;
      this.#client = { address, port, localPort, isTls: this.#client.isTls };
    }
    return from + header.bytes;
  }

  #skipEmptyLines(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at + 1 < to && bytes[at] === CR && bytes[at + 1] === LF) {
      at += 2;
      if (++this.#emptyLines > MAX_EMPTY_LINES) return this.#refuse("bad-request", "empty lines");
    }
    return at;
  }

  #keepPartialHead(bytes: Buffer, from: number, to: number): number {
    this.#pending = keepBytes(bytes, from, to);
    this.#scannedBytes = nextHeadScan(this.#pending, to - from);
    // From its first byte on, so that a head cannot be dripped for ever.
    if (!this.#isHeadTimed) this.deadline.set(this.#shared.listenerPolicy().headMs);
    this.#isHeadTimed = true;
    return STOP;
  }

  /** Answers a head that is none. What follows it is not read: where the next one begins is not known. */
  #refuse(failure: FailureCode, detail: string): number {
    const exchange = this.#shared.exchanges.refuse(failure, this.#client, detail);
    const { status, headers, body } = exchange.failureAnswer();
    const framing = `Content-Length: ${body.length}\r\n`;
    const head = answerHeadText({ status, reason: "" }, linesOf(headers), framing, "close");
    this.socket.writeWithHead(head, body, 0, body.length);
    exchange.finish({ bytesIn: 0, bytesOut: body.length });
    this.#linger();
    return STOP;
  }

  /** Ends the connection when all that was written is gone. */
  #end(): void {
    this.#isEnding = true;
    this.deadline.set(LINGER_MS);
    this.socket.destroySoon();
  }

  /**
   * Ends our side, and reads on for a while without looking: to close with unread bytes would make the
   * kernel send a reset, which may overtake the answer (RFC 9112 section 9.6).
   */
  #linger(): void {
    this.#isEnding = true;
    this.#pending = undefined;
    this.socket.end();
    this.socket.resume();
    this.deadline.set(LINGER_MS);
  }

  onEnd(): void {
    const isAwaited = this.#running !== undefined || this.#pending !== undefined;
    if (isAwaited && this.socket.isReset) this.socket.destroy();
    else if (this.#running !== undefined) this.#running.onClientEnd();
    else if (this.#isEnding) return;
    else if (this.#awaitsProxyHeader) this.socket.destroy();
    else if (this.#pending !== undefined) this.#refuse("bad-request", "the connection ended within a head");
    else this.#end();
  }

  onClose(): void {
    this.deadline.destroy();
    this.#running?.onClientGone();
    this.#running = undefined;
    this.#shared.onClosed(this);
  }
}
