// Request path 4 of 7: read -> match -> pick -> CONNECT -> forward -> relay -> log.
// One connection to an instance: it sends a request and hears the answer to it, one exchange after the other.

import type { Socket } from "node:net";

import { classifyError, handshakeReason, refusesCertificate } from "../../request/classify.ts";
import type { FailureCode } from "../../request/failures.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { InstanceSessions } from "../http2/instance/instance-sessions.ts";
import type { Trust, Trusts } from "../instance-tls/trusts.ts";
import { AnswerReader } from "./answer-reader.ts";
import { Deadline, type DeadlineOwner, type Deadlines } from "./deadlines.ts";
import { guard } from "./guard.ts";
import type { InstancePool } from "./instance-pool.ts";
import {
  type AnswerReceiver,
  RELEASE_MS,
  type RelayInstance,
  type UpgradedReceiver,
} from "./relay-instance.ts";
import type { ByteReceiver } from "./shared-read.ts";
import { type SocketOwner, WireSocket } from "./wire-socket.ts";

/** What all connections of an engine to instances share. */
export interface InstanceConnections {
  readonly pool: InstancePool;
  /** Connections of HTTP/2. */
  readonly sessions: InstanceSessions;
  readonly deadlines: Deadlines;
  /** What instances have to prove. */
  readonly trusts: Trusts;
  /** Gives a socket that connects to the instance, and hands its bytes to the receiver. */
  connect(instance: InstanceEntry, trust: Trust | undefined, receiver: ByteReceiver): Socket;
}

/** An instance that says no timeout of its own is taken to close after this. */
const IDLE_MS = 30_000;
/** Between the instance's closing and our hearing of it, a request may be lost: we close first. */
const IDLE_MARGIN_MS = 1_000;

/** A connection to an instance: connecting, then answering one exchange after the other, with rests in the pool. */
export class InstanceConnection implements RelayInstance, SocketOwner, DeadlineOwner {
  readonly authority: string;
  readonly mayRefuse = false;
  /** What the instance had to prove; undefined: nothing. */
  readonly trust: Trust | undefined;
  readonly socket: WireSocket;
  readonly #shared: InstanceConnections;
  readonly #deadline: Deadline;
  readonly #reader = new AnswerReader();
  #instance: InstanceEntry;
  /** undefined: idle, or ended. */
  #receiver: AnswerReceiver | undefined;
  #upgraded: UpgradedReceiver | undefined;
  /** What an error was. */
  #failure: FailureCode | undefined = undefined;
  #isConnected = false;
  #isReused = false;
  #isTakingRest = false;
  isSent = false;
  distrust: string | undefined = undefined;

  /** Starts to connect; `receiver` hears how it went. */
  constructor(shared: InstanceConnections, instance: InstanceEntry, receiver: AnswerReceiver, trust?: Trust) {
    this.#shared = shared;
    this.#instance = instance;
    this.#receiver = receiver;
    this.#reader.start(receiver);
    this.authority = instance.authority;
    this.trust = trust;
    this.#deadline = new Deadline(shared.deadlines, this);
    this.socket = new WireSocket(this, (reader) => shared.connect(instance, trust, reader));
  }

  /** Begins another exchange on a connection out of the pool. */
  reuse(instance: InstanceEntry, receiver: AnswerReceiver): void {
    this.#deadline.clear();
    this.#instance = instance;
    this.#receiver = receiver;
    this.#reader.start(receiver);
    this.#isReused = true;
    this.isSent = false;
  }

  /** It may serve an exchange that asks this proof of the instance: one that proved to be another may not. */
  serves(instance: InstanceEntry, trust: Trust | undefined): boolean {
    return this.trust === trust && (trust === undefined || this.#instance === instance);
  }

  get isUnusedSinceKept(): boolean {
    return this.#isReused && !this.#reader.hasBegun;
  }

  send(text: string): void {
    this.isSent = true;
    this.socket.writeText(text);
  }

  settle(): void {
    this.#letGo();
    this.#isTakingRest = false;
    this.socket.flush();
    if (!this.#rest()) this.release();
  }

  release(): void {
    this.#letGo();
    this.#shared.pool.leave(this);
    this.#deadline.set(RELEASE_MS);
    this.socket.destroySoon();
  }

  destroy(): void {
    this.#letGo();
    this.#deadline.destroy();
    this.socket.destroy();
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.#upgraded !== undefined) return this.#upgraded.onUpgradedBytes(bytes, 0, length);
    const receiver = this.#receiver;
    // Bytes that nobody asked for: whatever they are, they must not become the next exchange's answer.
    if (receiver === undefined) return this.#leavePool();
    if (this.#isTakingRest) return this.#fail("answer-malformed");
    const progress = this.#reader.read(receiver, bytes, length);
    // The exchange may have ended with what it read: its client may be found gone.
    if (progress === "partial" || this.#receiver !== receiver) return;
    if (progress === "malformed") this.#fail("answer-malformed");
    else if (progress === "upgraded") this.#upgrade(receiver);
    else this.#endAnswer(receiver, progress === "whole");
  }

  onConnect(): void {
    this.#isConnected = true;
    this.#receiver?.onConnected();
  }

  onDrain(): void {
    (this.#upgraded ?? this.#receiver)?.onInstanceDrain();
  }

  onEnd(): void {
    const receiver = this.#receiver;
    if (this.#upgraded !== undefined) this.#upgraded.onUpgradedEnd();
    else if (receiver === undefined) this.#leavePool();
    else if (this.#failure !== undefined) this.#fail(this.#failure); // by an error of TLS, behind which the end comes
    else if (this.#reader.endsWithConnection) this.#endAnswer(receiver, false);
    else {
      if (!this.#isConnected) this.#distrust("connect-tls-failed", "it ended the connection");
      this.#fail(this.#failure ?? "answer-cut");
    }
  }

  onError(error: Error): void {
    if (this.trust === undefined || (this.#isConnected && !this.#isRefusal(error))) {
      this.#failure = classifyError(error, this.#isConnected ? "answer" : "connect");
      return;
    }
    this.#distrust(classifyError(error, "secure"), handshakeReason(error));
  }

  onClose(): void {
    this.#fail(this.#failure ?? "answer-cut");
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

  /** The instance refuses our certificate, though the handshake is over for us: it has not looked at the request. */
  #isRefusal(error: Error): boolean {
    return !this.#isReused && !this.#reader.hasBegun && refusesCertificate(error);
  }

  /** There was no more than a handshake: whatever was sent behind it was not looked at. */
  #distrust(failure: FailureCode, why: string | undefined): void {
    this.#failure = failure;
    this.distrust = why;
    this.isSent = false;
  }

  #endAnswer(receiver: AnswerReceiver, isLastByte: boolean): void {
    const persists = isLastByte && this.#reader.answer?.persists === true;
    if (persists && !receiver.isRequestWhole) {
      this.#isTakingRest = true;
      receiver.onEarlyAnswerEnd();
      return;
    }
    this.#letGo();
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
    if (isWithdrawn || this.socket.isWriting || !this.#shared.pool.give(this)) return false;
    this.#deadline.set(idleMs(this.#reader.answer?.keepAlive));
    this.#reader.answer = undefined;
    this.socket.resume();
    return true;
  }

  #leavePool(): void {
    this.#shared.pool.remove(this);
    this.destroy();
  }

  #letGo(): void {
    this.#receiver = undefined;
    this.#upgraded = undefined;
    this.#reader.parts = undefined;
  }

  #upgrade(receiver: AnswerReceiver): void {
    const { answer, upgradedBytes } = this.#reader;
    const upgraded = answer && receiver.onUpgrade(answer);
    if (upgraded === undefined) return this.#fail("answer-malformed");
    // It may have ended at once: the client's bytes behind its head went first.
    if (this.#receiver !== receiver) return;
    this.#upgraded = upgraded;
    if (upgradedBytes !== undefined && upgradedBytes.length > 0) {
      upgraded.onUpgradedBytes(upgradedBytes, 0, upgradedBytes.length);
    }
  }

  #fail(failure: FailureCode): void {
    const receiver = this.#receiver;
    const upgraded = this.#upgraded;
    if (receiver === undefined) this.#shared.pool.remove(this);
    this.destroy();
    const hears = upgraded ?? receiver;
    if (receiver !== undefined) guard(receiver, () => hears?.onInstanceFailed(failure));
  }
}

function idleMs(keepAlive: string | undefined): number {
  const seconds = keepAlive === undefined ? undefined : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return seconds === undefined
    ? IDLE_MS
    : Math.min(IDLE_MS, Math.max(0, Number(seconds) * 1000 - IDLE_MARGIN_MS));
}
