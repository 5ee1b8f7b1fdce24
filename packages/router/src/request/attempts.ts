// Request path 4 of 7: read -> match -> pick -> CONNECT -> forward -> relay -> log.
// The attempts of one exchange: the instances that it is tried on, and what each is blamed or praised for.

import { answered, connectFailed, gatewayFailed } from "../table/ejection.ts";
import { began, ended, type InstanceEntry } from "../table/instance-entry.ts";
import type { Policy } from "../table/policy.ts";
import type { RouteEntry } from "../table/route-entry.ts";
import type { Table } from "../table/table.ts";
import type { FailureCode } from "./failures.ts";
import { mayRetry } from "./may-retry.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** A route that matched, with all that was decided on it. */
export interface Matched {
  readonly table: Table;
  readonly route: RouteEntry;
  readonly policy: Policy;
  readonly budget: RetryBudget;
  readonly hashKey: string | undefined;
  readonly opaqueId: string | undefined;
}

/** What attempts get from outside. */
export interface AttemptDeps {
  /** Epoch milliseconds: now, or at a reading of `clock`. */
  readonly now: (at?: number) => number;
  /** Milliseconds by a clock that does not go back. */
  readonly clock: () => number;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  /** A suspect refused a connection, whatever becomes of the exchange: its record was right to vanish. */
  readonly suspectRefused?: (instance: InstanceEntry) => void;
  /** An instance could not prove who it is, or did not believe it of us: once for each reason, until it answers again. */
  readonly distrusted?: (instance: InstanceEntry, failure: FailureCode) => void;
}

/** What an engine tells of an attempt that failed. */
export interface AttemptEnd {
  readonly isSent: boolean;
  readonly isReused: boolean;
  readonly canResend: boolean;
  /** Of a TLS handshake that failed: why, for people. */
  readonly distrust?: string | undefined;
}

/** What a retry depends on, besides the attempt. */
export interface RetriedRequest {
  readonly method: string;
  readonly hasBody: boolean;
  readonly hasIdempotencyKey: boolean;
  /** Time since the head was read. */
  readonly elapsedMs: number;
}

/** The attempts of one exchange, one at a time. */
export class Attempts {
  /** The one that runs, ran last, or comes next. */
  instance: InstanceEntry | undefined;
  count = 0;
  /** Why each attempt failed that was given up for another one, in order; undefined: none was. */
  retried: FailureCode[] | undefined;
  /** The time that went to instances, up to the end of the last attempt. */
  instanceMs = 0;
  readonly matched: Matched;
  readonly #deps: AttemptDeps;
  #beganAt = -1;
  #tried: InstanceEntry[] | undefined;

  constructor(deps: AttemptDeps, matched: Matched) {
    this.#deps = deps;
    this.matched = matched;
  }

  /** Picks the instance for the next attempt, in epoch milliseconds `now`; what keeps it from one changes nothing. */
  pick(now: number): FailureCode | undefined {
    const { table, route, policy, hashKey, opaqueId } = this.matched;
    const { random } = this.#deps;
    const picked = table.pick(route, { policy, now, random, tried: this.#tried, hashKey, opaqueId });
    if (typeof picked === "string") return picked;
    this.instance = picked;
    return undefined;
  }

  /** An attempt on `instance` begins. */
  begin(): void {
    if (this.instance === undefined) return;
    this.count++;
    this.#beganAt = this.#deps.clock();
    began(this.instance);
  }

  /** The attempt that runs is over, if there is one. */
  end(): void {
    if (this.#beganAt === -1) return;
    this.instanceMs += this.#deps.clock() - this.#beganAt;
    this.#beganAt = -1;
    if (this.instance !== undefined) ended(this.instance);
  }

  /** The attempt failed. True: `instance` is the one to try next. */
  fail(failure: FailureCode, end: AttemptEnd, request: RetriedRequest): boolean {
    this.end();
    // A kept connection that died of old age says nothing of the instance: it may be tried again.
    const isStale = end.isReused && (failure === "answer-cut" || failure === "answer-refused");
    if (end.distrust !== undefined) this.#distrust(failure, end.distrust);
    if (!isStale) this.blame(failure);
    // An instance that says GOAWAY ends many exchanges at once, and none of them has cost it anything.
    const isFree = isStale && !end.isSent;
    if (!this.#mayRetry(failure, end, request, isStale) || !this.#pickAnother(isStale, isFree)) return false;
    (this.retried ??= []).push(failure);
    return true;
  }

  /** Holds a failure against the instance, unless it is the client's or the router's. */
  blame(failure: FailureCode): void {
    if (this.instance === undefined) return;
    const now = this.#deps.now();
    if (failure.startsWith("connect-")) {
      const verdict = connectFailed(this.instance, this.matched.policy, now);
      if (verdict === "dropped" && failure === "connect-refused") this.#deps.suspectRefused?.(this.instance);
    } else if (failure.startsWith("answer-")) gatewayFailed(this.instance, this.matched.policy, now);
  }

  /** The instance has answered an exchange that began at `startedAt`, in epoch milliseconds. */
  praise(startedAt: number): void {
    if (this.instance !== undefined) answered(this.instance, this.matched.policy, startedAt);
  }

  #distrust(failure: FailureCode, why: string): void {
    const { instance } = this;
    if (instance === undefined || instance.tlsFailure === why) return;
    instance.tlsFailure = why;
    this.#deps.distrusted?.(instance, failure);
  }

  #mayRetry(failure: FailureCode, end: AttemptEnd, request: RetriedRequest, isStale: boolean): boolean {
    const { policy } = this.matched;
    return mayRetry({
      ...request,
      failure,
      isSent: end.isSent,
      canResend: end.canResend,
      // A stale connection was never an attempt on an instance.
      attempts: isStale ? 0 : this.count,
      maxAttempts: policy.attempts,
      exchangeMs: policy.exchangeMs,
    });
  }

  #pickAnother(isStale: boolean, isFree: boolean): boolean {
    const before = this.instance;
    if (before === undefined) return false;
    if (!isStale) (this.#tried ??= []).push(before);
    if (this.pick(this.#deps.now()) !== undefined) return false;
    if (isFree || this.matched.budget.take(this.#deps.clock())) return true;
    this.instance = before;
    return false;
  }
}
