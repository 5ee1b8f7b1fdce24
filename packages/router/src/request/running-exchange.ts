// Request path 4 to 7 of 7: read -> match -> pick -> CONNECT -> FORWARD -> RELAY -> LOG.
// An exchange as its engine sees it, from the pick to the end.

import { answered, connectFailed, gatewayFailed } from "../table/ejection.ts";
import { began, ended, type InstanceEntry } from "../table/instance-entry.ts";
import { type Policy, resolvePolicy } from "../table/policy.ts";
import type { RouteEntry } from "../table/route-entry.ts";
import type { Table } from "../table/table.ts";
import { scopeToSet } from "./affinity-choice.ts";
import { writeAffinityCookie } from "./affinity-cookie.ts";
import { answerFields } from "./answer-fields.ts";
import type { Client, Exchange, RequestHead } from "./exchange.ts";
import type { ExchangeObserver } from "./exchange-summary.ts";
import { makeFailureAnswer } from "./failure-answer.ts";
import { FAILURES, type FailureCode } from "./failures.ts";
import { addForwardedFields } from "./forwarded-fields.ts";
import { fieldValue } from "./hash-key.ts";
import { mayRetry } from "./may-retry.ts";
import type { ReadHead } from "./read-head.ts";
import { requestIdFor } from "./request-id.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { forwardedClient } from "./trusted-peers.ts";

/** What exchanges get from outside. */
export interface ExchangeDeps {
  readonly table: () => Table;
  readonly observers: readonly ExchangeObserver[];
  /** This replica's name in Via: a token (RFC 9110 section 5.6.2). */
  readonly pseudonym: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds by a clock that does not go back. */
  readonly clock: () => number;
  /** A number from 0 to below 1. */
  readonly random: () => number;
}

/** A route that matched, with all that was decided on it. */
export interface Matched {
  readonly table: Table;
  readonly route: RouteEntry;
  readonly budget: RetryBudget;
  readonly hashKey: string | undefined;
  readonly opaqueId: string | undefined;
}

/** What an engine tells of an attempt that failed. */
export interface AttemptEnd {
  readonly isSent: boolean;
  readonly isReused: boolean;
  readonly canResend: boolean;
}

/** What holds before a route is known. */
const NO_ROUTE_POLICY: Policy = resolvePolicy({}, {});
const NOTHING_RETRIED: readonly FailureCode[] = [];
/** Of a head that could not be read, nothing is known. */
const NO_HEAD: RequestHead = {
  method: "",
  target: "",
  httpVersion: "1.1",
  rawHeaders: [],
  hasBody: false,
  isUpgrade: false,
};

/** See {@link Exchange}. */
export class RunningExchange implements Exchange {
  instance: InstanceEntry | undefined;
  failure: FailureCode | undefined;
  policy = NO_ROUTE_POLICY;
  target = "";
  upgrade: string | undefined;

  requestId = requestIdFor(undefined);
  readonly startedAt: number;
  readonly #deps: ExchangeDeps;
  readonly #client: Client;
  readonly #head: RequestHead;
  #read: ReadHead | undefined;
  #matched: Matched | undefined;
  #detail: string | undefined;

  readonly #beganAt: number;
  #attemptAt = -1;
  #instanceMs = 0;
  #attempts = 0;
  #tried: InstanceEntry[] | undefined;
  #retried: FailureCode[] | undefined;
  #status = 0;
  #isUpgraded = false;
  #isOver = false;

  constructor(deps: ExchangeDeps, client: Client, head: RequestHead = NO_HEAD) {
    this.#deps = deps;
    this.#client = client;
    this.#head = head;
    this.startedAt = deps.now();
    this.#beganAt = deps.clock();
  }

  /** The head was read. */
  read(read: ReadHead, upgrade: string | undefined): void {
    const said = read.fields.said.requestId;
    if (said !== undefined) this.requestId = requestIdFor(said);
    this.#read = read;
    this.target = read.target;
    this.upgrade = upgrade;
  }

  /** A route matched, under its policy. */
  matched(matched: Matched, policy: Policy): void {
    this.#matched = matched;
    this.policy = policy;
    matched.budget.began(this.#beganAt);
  }

  /** There is no instance to send it to. */
  fail(failure: FailureCode, detail?: string): this {
    this.instance = undefined;
    this.failure = failure;
    this.#detail = detail;
    return this;
  }

  /** Picks the instance for the next attempt; what keeps it from one is given, and changes nothing. */
  pick(): FailureCode | undefined {
    if (this.#matched === undefined) return "internal";
    const { table, route, hashKey, opaqueId } = this.#matched;
    const { policy } = this;
    const { now, random } = this.#deps;
    const picked = table.pick(route, { policy, now: now(), random, tried: this.#tried, hashKey, opaqueId });
    if (typeof picked === "string") return picked;
    this.instance = picked;
    return undefined;
  }

  requestHeaders(): string[] {
    const read = this.#read;
    if (read === undefined) return [];
    const { hostField, port, fields } = read;
    // An HTTP/1.1 request needs a Host, even where the client had none.
    const sent = ["Host", hostField ?? this.instance?.authority ?? ""];
    for (const each of fields.kept) sent.push(each);
    return addForwardedFields(sent, {
      client: this.#client,
      said: fields.said,
      host: hostField,
      port,
      requestId: this.requestId,
      startedAt: this.startedAt,
      httpVersion: this.#head.httpVersion,
      pseudonym: this.#deps.pseudonym,
    });
  }

  connecting(): void {
    if (this.instance === undefined) return;
    this.#attempts++;
    this.#attemptAt = this.#deps.clock();
    began(this.instance);
  }

  retry(failure: FailureCode, attempt: AttemptEnd): boolean {
    this.#endAttempt();
    // A kept connection that died of old age says nothing of the instance: it may be tried again.
    const isStale = attempt.isReused && failure === "answer-cut";
    if (!isStale) this.#blame(failure);
    if (this.#mayRetry(failure, attempt, isStale) && this.#pickAnother(isStale)) {
      (this.#retried ??= []).push(failure);
      return true;
    }
    this.failure = failure;
    return false;
  }

  answerHeaders(status: number, rawHeaders: readonly string[]): string[] {
    this.#status = status;
    return answerFields(rawHeaders, {
      requestId: this.requestId,
      pseudonym: this.#deps.pseudonym,
      nowMs: this.startedAt + this.#elapsedMs(),
      setCookie: this.#affinityCookie(rawHeaders),
    });
  }

  failureAnswer(): { status: number; headers: string[]; body: Buffer } {
    const failure = this.failure ?? "internal";
    const answer = makeFailureAnswer({
      failure,
      requestId: this.requestId,
      accept: fieldValue(this.#head.rawHeaders, "accept"),
      detail: FAILURES[failure].fault === "client" ? this.#detail : undefined,
      nowMs: this.startedAt + this.#elapsedMs(),
    });
    this.#status = answer.status;
    return answer;
  }

  upgraded(): void {
    this.#isUpgraded = true;
    this.#praise();
  }

  answerEnded(): void {
    this.#praise();
    this.#endAttempt();
  }

  finish(end: { bytesIn: number; bytesOut: number; cut?: FailureCode }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endAttempt();
    if (end.cut !== undefined) {
      this.failure ??= end.cut;
      this.#blame(end.cut);
    }
    const totalMs = this.#elapsedMs();
    const route = this.#matched?.route;
    const summary = {
      requestId: this.requestId,
      startedAt: this.startedAt,
      client: this.#client,
      forwardedClient: forwardedClient(this.#read?.fields.said.for),
      method: this.#head.method,
      host: this.#read?.host ?? "",
      target: this.#head.target,
      httpVersion: this.#head.httpVersion,
      route,
      app: this.instance?.app ?? (route?.record.to.length === 1 ? route.record.to[0]?.app : undefined),
      instance: this.instance,
      status: this.#status === 0 ? FAILURES[this.failure ?? "internal"].status : this.#status,
      failure: this.failure,
      detail: this.#detail,
      attempts: this.#attempts,
      retried: this.#retried ?? NOTHING_RETRIED,
      bytesIn: end.bytesIn,
      bytesOut: end.bytesOut,
      totalMs,
      instanceMs: this.#instanceMs,
      ownMs: totalMs - this.#instanceMs,
      isUpgraded: this.#isUpgraded,
    };
    for (const observe of this.#deps.observers) observe(summary);
  }

  #mayRetry(failure: FailureCode, attempt: AttemptEnd, isStale: boolean): boolean {
    return mayRetry({
      failure,
      method: this.#head.method,
      hasBody: this.#head.hasBody,
      hasIdempotencyKey: this.#read?.fields.hasIdempotencyKey ?? false,
      isSent: attempt.isSent,
      canResend: attempt.canResend,
      // A stale connection was never an attempt on an instance.
      attempts: isStale ? 0 : this.#attempts,
      maxAttempts: this.policy.attempts,
      elapsedMs: this.#elapsedMs(),
      exchangeMs: this.policy.exchangeMs,
    });
  }

  #pickAnother(isStale: boolean): boolean {
    const before = this.instance;
    if (before === undefined) return false;
    if (!isStale) (this.#tried ??= []).push(before);
    if (this.pick() !== undefined) return false;
    if (this.#matched?.budget.take(this.#deps.clock()) === true) return true;
    this.instance = before;
    return false;
  }

  /** Holds a failure against the instance, unless it is the client's or the router's. */
  #blame(failure: FailureCode): void {
    if (this.instance === undefined) return;
    const now = this.#deps.now();
    if (failure.startsWith("connect-")) connectFailed(this.instance, this.policy, now);
    else if (failure.startsWith("answer-")) gatewayFailed(this.instance, this.policy, now);
  }

  #praise(): void {
    if (this.instance !== undefined) answered(this.instance, this.policy, this.startedAt);
  }

  #endAttempt(): void {
    if (this.#attemptAt === -1) return;
    this.#instanceMs += this.#deps.clock() - this.#attemptAt;
    this.#attemptAt = -1;
    if (this.instance !== undefined) ended(this.instance);
  }

  #elapsedMs(): number {
    return this.#deps.clock() - this.#beganAt;
  }

  #affinityCookie(rawHeaders: readonly string[]): string | undefined {
    const { affinity } = this.policy;
    if (affinity.mode === "none" || this.#matched === undefined || this.instance === undefined)
      return undefined;
    const { table, route, opaqueId } = this.#matched;
    const servedBy = table.opaqueId(this.instance);
    const isSecure = this.#client.isTls || this.#read?.fields.said.proto === "https";
    const scope = scopeToSet({ affinity, route, rawHeaders, cameWith: opaqueId, servedBy, isSecure });
    return scope && writeAffinityCookie(servedBy, scope);
  }
}
