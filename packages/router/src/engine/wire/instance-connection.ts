// Request path 6 of 7: read -> match -> pick -> connect -> forward -> RELAY THE ANSWER -> log.
// One connection to an instance: it sends a request, and reads the answer to it.

import type { Socket } from "node:net";

import { classifyError } from "../../request/classify.ts";
import type { FailureCode } from "../../request/failures.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import { answerBody } from "./answer-body.ts";
import type { Body } from "./body.ts";
import { Deadline, type DeadlineOwner, type Deadlines } from "./deadlines.ts";
import { type Guarded, guard } from "./guard.ts";
import { HEAD_INCOMPLETE, HEAD_MALFORMED, findHeadEnd, nextHeadScan } from "./head-end.ts";
import type { InstancePool } from "./instance-pool.ts";
import { type AnswerHead, MAX_ANSWER_HEAD_BYTES, readAnswerHead } from "./read-answer-head.ts";
import { type ByteReceiver, keepBytes, wordsOf } from "./shared-read.ts";
import { isBackedUp, writeBytes } from "./socket-write.ts";

/** What an exchange gets to hear of its connection to an instance. */
export interface AnswerReceiver extends Guarded {
  /** The method is HEAD, so no answer has a body. */
  readonly isHead: boolean;
  /** All that the client has to send was sent. */
  readonly isRequestWhole: boolean;
  onConnected(): void;
  /** The instance takes bytes again. */
  onInstanceDrain(): void;
  /** An interim answer: 1xx, but not 101. */
  onInterim(answer: AnswerHead): void;
  /** The final head. `onAnswerBody` follows at once, with what came along, which may be nothing. */
  onAnswerHead(answer: AnswerHead, body: Body): void;
  /** Bytes of the body as they came, framing included. `isLast`: the answer is whole with them. */
  onAnswerBody(bytes: Buffer, from: number, to: number, isLast: boolean): void;
  /** The answer is whole, though the request is not yet: the instance goes on taking it. */
  onEarlyAnswerEnd(): void;
  /** The answer is whole, and the connection out of the exchange's hands. */
  onAnswerEnd(): void;
  /** A 101: what follows is the upgraded protocol's. */
  onUpgrade(answer: AnswerHead): void;
  onUpgradedBytes(bytes: Buffer, from: number, to: number): void;
  onUpgradedEnd(): void;
  /** The connection broke, and is out of the exchange's hands. */
  onInstanceFailed(failure: FailureCode): void;
}

/** What all connections of an engine to instances share. */
export interface InstanceConnections {
  readonly pool: InstancePool;
  readonly deadlines: Deadlines;
  /** Gives a socket that connects to the instance, and hands its bytes to the receiver. */
  connect(instance: InstanceEntry, receiver: ByteReceiver): Socket;
}

/** A bound on how long one answer may be put off by interim ones. */
const MAX_INTERIMS = 32;
/** An instance that says no timeout of its own is taken to close after this. */
const IDLE_MS = 30_000;
/** Between the instance's closing and our hearing of it, a request may be lost: we close first. */
const IDLE_MARGIN_MS = 1_000;

/** Bytes that are written when nobody cares for the connection any more have this long to go out. */
const RELEASE_MS = 5_000;

/** A connection to an instance: connecting, then answering one exchange after the other, with rests in the pool. */
export class InstanceConnection implements ByteReceiver, DeadlineOwner {
  readonly authority: string;
  readonly #shared: InstanceConnections;
  readonly #socket: Socket;
  readonly #deadline: Deadline;
  #instance: InstanceEntry;
  /** undefined: idle, or ended. */
  #receiver: AnswerReceiver | undefined;
  #failure: FailureCode = "answer-cut";
  #partialHead: Buffer | undefined;
  #scannedBytes = 0;
  #interims = 0;
  #answer: AnswerHead | undefined;
  #body: Body | undefined;
  #isUpgraded = false;
  #isConnected = false;
  #isReused = false;
  #hasAnswered = false;
  #isTakingRest = false;
  #isPaused = false;
  /** Bytes of the exchange's request were written. */
  isSent = false;

  /** Starts to connect; `receiver` hears how it went. */
  constructor(shared: InstanceConnections, instance: InstanceEntry, receiver: AnswerReceiver) {
    this.#shared = shared;
    this.#instance = instance;
    this.#receiver = receiver;
    this.authority = instance.authority;
    this.#deadline = new Deadline(shared.deadlines, this);
    this.#socket = shared.connect(instance, this);
    this.#socket.on("connect", () => guard(this, () => this.#onConnect()));
    this.#socket.on("drain", () => guard(this, () => this.#receiver?.onInstanceDrain()));
    this.#socket.on("end", () => guard(this, () => this.#onEnd()));
    this.#socket.on("error", (error) => this.#onError(error));
    this.#socket.on("close", () => guard(this, () => this.#fail(this.#failure)));
  }

  /** Begins another exchange on a connection out of the pool. */
  reuse(instance: InstanceEntry, receiver: AnswerReceiver): void {
    this.#deadline.clear();
    this.#instance = instance;
    this.#receiver = receiver;
    this.#interims = 0;
    this.#isReused = true;
    this.#hasAnswered = false;
    this.isSent = false;
  }

  /** It was kept, and has not answered a byte since: it may have been dead all the while. */
  get isUnusedSinceKept(): boolean {
    return this.#isReused && !this.#hasAnswered;
  }

  /** Writes latin1 text: a head, and maybe the beginning of a body. */
  send(text: string): void {
    this.isSent = true;
    this.#socket.write(text, "latin1");
  }

  /** Writes bytes of a body, or of an upgraded protocol. */
  write(bytes: Buffer, from: number, to: number): void {
    writeBytes(this.#socket, bytes, from, to);
  }

  get isBackedUp(): boolean {
    return isBackedUp(this.#socket);
  }

  pauseReading(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resumeReading(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Sends the end of an upgraded protocol. */
  end(): void {
    this.#socket.end();
  }

  /** The rest of the request behind an early answer is sent: the connection may serve the next one. */
  settle(): void {
    this.#receiver = undefined;
    this.#isTakingRest = false;
    if (!this.#rest()) this.release();
  }

  /** Lets what was written go out, and then ends. */
  release(): void {
    this.#receiver = undefined;
    this.#shared.pool.leave(this);
    this.#deadline.set(RELEASE_MS);
    this.#socket.destroySoon();
  }

  /** Cuts the connection; its exchange hears nothing more of it. */
  destroy(): void {
    this.#receiver = undefined;
    this.#deadline.destroy();
    this.#socket.destroy();
  }

  onBytes(bytes: Buffer, length: number): void {
    const receiver = this.#receiver;
    // Bytes that nobody asked for: whatever they are, they must not become the next exchange's answer.
    if (receiver === undefined) return this.#leavePool();
    if (this.#isTakingRest) return this.#fail("answer-malformed");
    this.#hasAnswered = true;
    if (this.#isUpgraded) receiver.onUpgradedBytes(bytes, 0, length);
    else if (this.#body !== undefined) this.#readBody(receiver, this.#body, bytes, 0, length);
    else if (this.#partialHead === undefined) this.#readHeads(receiver, bytes, length);
    else {
      const joined = Buffer.concat([this.#partialHead, bytes.subarray(0, length)]);
      this.#readHeads(receiver, joined, joined.length);
    }
  }

  onDefect(error: unknown): void {
    const receiver = this.#receiver;
    this.#leavePool();
    receiver?.onDefect(error);
  }

  /** It was idle long enough. */
  onDeadline(): void {
    this.#leavePool();
  }

  #readHeads(receiver: AnswerReceiver, bytes: Buffer, to: number): void {
    this.#partialHead = undefined;
    let at = 0;
    // An interim answer may end the exchange: its client may be found gone.
    while (at < to && this.#receiver === receiver) {
      const limit = Math.min(to, at + MAX_ANSWER_HEAD_BYTES);
      const end = findHeadEnd(bytes, at, at + this.#scannedBytes, limit, wordsOf(bytes));
      if (end === HEAD_MALFORMED) return this.#fail("answer-malformed");
      if (end === HEAD_INCOMPLETE) return this.#keepPartialHead(bytes, at, to);
      this.#scannedBytes = 0;
      const answer = readAnswerHead(bytes.latin1Slice(at, end));
      if (typeof answer === "string") return this.#fail("answer-malformed");
      at = end;
      if (answer.status === 101) return this.#upgrade(receiver, answer, bytes, at, to);
      if (answer.status >= 200) return this.#readAnswer(receiver, answer, bytes, at, to);
      if (++this.#interims > MAX_INTERIMS) return this.#fail("answer-malformed");
      receiver.onInterim(answer);
    }
  }

  #keepPartialHead(bytes: Buffer, from: number, to: number): void {
    if (to - from >= MAX_ANSWER_HEAD_BYTES) return this.#fail("answer-malformed");
    this.#partialHead = keepBytes(bytes, from, to);
    this.#scannedBytes = nextHeadScan(this.#partialHead, to - from);
  }

  #readAnswer(receiver: AnswerReceiver, answer: AnswerHead, bytes: Buffer, from: number, to: number): void {
    const body = answerBody(answer, receiver.isHead);
    const end = body.take(bytes, from, to);
    // Before a byte has gone to the client it can still be told.
    if (body.isMalformed) return this.#fail("answer-malformed");
    this.#answer = answer;
    this.#body = body;
    receiver.onAnswerHead(answer, body);
    this.#handOn(receiver, body, bytes, from, end, to);
  }

  #readBody(receiver: AnswerReceiver, body: Body, bytes: Buffer, from: number, to: number): void {
    const end = body.take(bytes, from, to);
    if (body.isMalformed) return this.#fail("answer-malformed");
    this.#handOn(receiver, body, bytes, from, end, to);
  }

  #handOn(receiver: AnswerReceiver, body: Body, bytes: Buffer, from: number, end: number, to: number): void {
    const isWhole = body.isWhole;
    receiver.onAnswerBody(bytes, from, end, isWhole);
    if (isWhole && this.#receiver === receiver) this.#endAnswer(receiver, end < to);
  }

  #endAnswer(receiver: AnswerReceiver, hasMoreBytes: boolean): void {
    const persists = !hasMoreBytes && this.#answer?.persists === true;
    this.#body = undefined;
    if (persists && !receiver.isRequestWhole) {
      this.#isTakingRest = true;
      receiver.onEarlyAnswerEnd();
      return;
    }
    this.#receiver = undefined;
    if (!persists || !this.#rest()) this.destroy();
    // From here on a defect is not this connection's: it is out of the exchange's hands.
    try {
      receiver.onAnswerEnd();
    } catch (error) {
      receiver.onDefect(error);
    }
  }

  /** Goes into the pool; false when it cannot. */
  #rest(): boolean {
    const isWithdrawn = this.#instance.isGone || this.#instance.record.state === "draining";
    if (isWithdrawn || this.#socket.writableLength > 0 || !this.#shared.pool.give(this)) return false;
    this.#deadline.set(idleMs(this.#answer?.keepAlive));
    this.#answer = undefined;
    this.resumeReading();
    return true;
  }

  #leavePool(): void {
    this.#shared.pool.remove(this);
    this.destroy();
  }

  #upgrade(receiver: AnswerReceiver, answer: AnswerHead, bytes: Buffer, from: number, to: number): void {
    if (answer.upgrade === undefined) return this.#fail("answer-malformed");
    this.#isUpgraded = true;
    receiver.onUpgrade(answer);
    if (from < to && this.#receiver === receiver) receiver.onUpgradedBytes(bytes, from, to);
  }

  #onConnect(): void {
    this.#isConnected = true;
    this.#receiver?.onConnected();
  }

  #onError(error: Error): void {
    this.#failure = classifyError(error, this.#isConnected ? "answer" : "connect");
  }

  #onEnd(): void {
    const receiver = this.#receiver;
    if (receiver === undefined) this.#leavePool();
    else if (this.#isUpgraded) receiver.onUpgradedEnd();
    else if (this.#body?.framing === "until-close") this.#endAnswer(receiver, true);
    else this.#fail("answer-cut");
  }

  #fail(failure: FailureCode): void {
    const receiver = this.#receiver;
    if (receiver === undefined) this.#shared.pool.remove(this);
    this.destroy();
    if (receiver !== undefined) guard(receiver, () => receiver.onInstanceFailed(failure));
  }
}

function idleMs(keepAlive: string | undefined): number {
  const seconds = keepAlive === undefined ? undefined : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return seconds === undefined
    ? IDLE_MS
    : Math.min(IDLE_MS, Math.max(0, Number(seconds) * 1000 - IDLE_MARGIN_MS));
}
