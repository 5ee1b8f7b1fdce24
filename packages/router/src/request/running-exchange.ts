// Request path 5 to 7 of 7: read -> match -> pick -> connect -> FORWARD -> RELAY -> LOG.
// An exchange as its engine sees it, from the pick to the end. What it is tried on stands in attempts.ts.

import type { InstanceEntry } from "../table/instance-entry.ts";
import { type Policy, resolvePolicy } from "../table/policy.ts";
import { scopeToSet } from "./affinity-choice.ts";
import { writeAffinityCookie } from "./affinity-cookie.ts";
import { answerLines } from "./answer-fields.ts";
import { type AttemptDeps, type AttemptEnd, Attempts, type Matched } from "./attempts.ts";
import { forwardedCertificate, subjectIn } from "./client-certificate.ts";
import type { Client, Exchange, RequestHead } from "./exchange.ts";
import type { ExchangeObserver } from "./exchange-summary.ts";
import { makeFailureAnswer } from "./failure-answer.ts";
import { FAILURES, type FailureCode } from "./failures.ts";
import { FieldLines, fieldLine, flatFields } from "./field-lines.ts";
import { clientLines, startLine, viaLine } from "./forwarded-fields.ts";
import { fieldValue } from "./hash-key.ts";
import type { ReadHead } from "./read-head.ts";
import { cameSecure, secureLocation } from "./secure-location.ts";
import { NOTHING_SAID } from "./request-fields.ts";
import { requestIdFor, requestIdLine } from "./request-id.ts";
import { forwardedClient } from "./trusted-peers.ts";

/** What exchanges get from outside. */
export interface ExchangeDeps extends AttemptDeps {
  readonly observers: readonly ExchangeObserver[];
  /** This replica's name in Via: a token (RFC 9110 section 5.6.2). */
  readonly pseudonym: string;
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
  failure: FailureCode | undefined;
  target = "";
  upgrade: string | undefined;

  requestId = requestIdFor(undefined);
  readonly startedAt: number;
  readonly #deps: ExchangeDeps;
  readonly #client: Client;
  readonly #head: RequestHead;
  #read: ReadHead | undefined;
  #attempts: Attempts | undefined;
  #detail: string | undefined;

  readonly #beganAt: number;
  #status = 0;
  #isUpgraded = false;
  #isOver = false;

  constructor(deps: ExchangeDeps, client: Client, head: RequestHead = NO_HEAD) {
    this.#deps = deps;
    this.#client = client;
    this.#head = head;
    this.#beganAt = deps.clock();
    this.startedAt = deps.now(this.#beganAt);
  }

  get instance(): InstanceEntry | undefined {
    return this.#attempts?.instance;
  }

  get policy(): Policy {
    return this.#attempts === undefined ? NO_ROUTE_POLICY : this.#attempts.matched.policy;
  }

  /** The head was read. */
  read(read: ReadHead, upgrade: string | undefined): void {
    const said = read.fields.said.requestId;
    if (said !== undefined) this.requestId = requestIdFor(said);
    this.#read = read;
    this.target = read.target;
    this.upgrade = upgrade;
  }

  /** A route matched, and an instance of it is picked; what keeps it from one is given. */
  matched(matched: Matched): FailureCode | undefined {
    this.#attempts = new Attempts(this.#deps, matched);
    matched.budget.began(this.#beganAt);
    const { maxBodyBytes, https } = matched.policy;
    if (https.redirect && !cameSecure(this.#client, this.#read)) return "https-required";
    if (https.clientCertificate === "required" && this.#clientCertificate() === undefined) {
      return "client-certificate-required";
    }
    const isTooLarge = maxBodyBytes !== undefined && (this.#read?.fields.contentLength ?? 0) > maxBodyBytes;
    return isTooLarge ? "body-too-large" : this.#attempts.pick(this.startedAt);
  }

  /** There is no instance to send it to. */
  fail(failure: FailureCode, detail?: string): this {
    if (this.#attempts !== undefined) this.#attempts.instance = undefined;
    this.failure = failure;
    this.#detail = detail;
    return this;
  }

  requestHeaders(): string[] {
    const length = this.#read?.fields.contentLength;
    const fields = flatFields(this.requestLines());
    if (length !== undefined) fields.push("Content-Length", String(length));
    return fields;
  }

  requestLines(): string {
    const read = this.#read;
    if (read === undefined) return "";
    const { host, fields } = read;
    const { said, kept } = fields;
    const ofClient = said === NOTHING_SAID ? host.clientLines : clientLines(this.#client, said, host);
    // An HTTP/1.1 request needs a Host, even where the client had none.
    const madeUp = host.field === undefined ? fieldLine("Host", this.instance?.authority ?? "") : "";
    const via = viaLine(this.#head.httpVersion, this.#deps.pseudonym);
    const start = startLine(said.requestStart, this.startedAt);
    return madeUp + ofClient + kept + via + start + requestIdLine(this.requestId);
  }

  connecting(): void {
    this.#attempts?.begin();
  }

  retry(failure: FailureCode, attempt: AttemptEnd): boolean {
    const { method, hasBody } = this.#head;
    const hasIdempotencyKey = this.#read?.fields.hasIdempotencyKey ?? false;
    const request = { method, hasBody, hasIdempotencyKey, elapsedMs: this.#elapsedMs() };
    if (this.#attempts?.fail(failure, attempt, request) === true) return true;
    this.failure = failure;
    return false;
  }

  answerHeaders(status: number, rawHeaders: readonly string[]): string[] {
    const fields = flatFields(this.answerLines(status, FieldLines.of(rawHeaders)));
    const length = fieldValue(rawHeaders, "content-length");
    if (length !== undefined) fields.push("Content-Length", length);
    return fields;
  }

  answerLines(status: number, lines: FieldLines): string {
    this.#status = status;
    return answerLines(lines, {
      httpVersion: this.instance?.speaksHttp2 === true ? "2.0" : "1.1",
      requestId: this.requestId,
      pseudonym: this.#deps.pseudonym,
      now: this.#deps.now,
      setCookie: this.#affinityCookie(lines),
      hstsSeconds: cameSecure(this.#client, this.#read) ? this.policy.https.hstsSeconds : undefined,
    });
  }

  failureAnswer(): { status: number; headers: string[]; body: Buffer } {
    const failure = this.failure ?? "internal";
    const answer = makeFailureAnswer({
      failure,
      requestId: this.requestId,
      accept: fieldValue(this.#head.rawHeaders, "accept"),
      contentType: fieldValue(this.#head.rawHeaders, "content-type"),
      detail: FAILURES[failure].fault === "client" ? this.#detail : undefined,
      nowMs: this.startedAt + this.#elapsedMs(),
      location: failure === "https-required" ? this.#secureLocation() : undefined,
    });
    // A failed call of gRPC is told with status 200; logs and counts show what failed.
    this.#status = FAILURES[failure].status;
    return answer;
  }

  #secureLocation(): string | undefined {
    return this.#read && secureLocation(this.#read, this.policy.https.port);
  }

  upgraded(): void {
    this.#isUpgraded = true;
    this.#attempts?.praise(this.startedAt);
  }

  answerEnded(): void {
    this.#attempts?.praise(this.startedAt);
    this.#attempts?.end();
  }

  finish(end: { bytesIn: number; bytesOut: number; cut?: FailureCode }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const attempts = this.#attempts;
    attempts?.end();
    if (end.cut !== undefined) {
      this.failure ??= end.cut;
      attempts?.blame(end.cut);
    }
    const totalMs = this.#elapsedMs();
    const instanceMs = attempts?.instanceMs ?? 0;
    const route = attempts?.matched.route;
    const summary = {
      requestId: this.requestId,
      startedAt: this.startedAt,
      client: this.#client,
      forwardedClient: forwardedClient(this.#read?.fields.said.for),
      clientSubject: this.#clientSubject(),
      method: this.#head.method,
      host: this.#read?.host.host ?? "",
      target: this.#head.target,
      httpVersion: this.#head.httpVersion,
      route,
      app: this.instance?.app ?? (route?.record.to.length === 1 ? route.record.to[0]?.app : undefined),
      instance: this.instance,
      status: this.#status === 0 ? FAILURES[this.failure ?? "internal"].status : this.#status,
      failure: this.failure,
      detail: this.#detail,
      attempts: attempts?.count ?? 0,
      retried: attempts?.retried ?? NOTHING_RETRIED,
      bytesIn: end.bytesIn,
      bytesOut: end.bytesOut,
      totalMs,
      instanceMs,
      ownMs: totalMs - instanceMs,
      isUpgraded: this.#isUpgraded,
    };
    for (const observe of this.#deps.observers) observe(summary);
  }

  #clientCertificate(): string | undefined {
    return forwardedCertificate(this.#client, this.#read?.fields.said ?? NOTHING_SAID);
  }

  #clientSubject(): string | undefined {
    const forwarded = this.#clientCertificate();
    if (forwarded === undefined) return undefined;
    const own = this.#client.certificate;
    return forwarded === own?.forwarded ? own.subject : subjectIn(forwarded);
  }

  #elapsedMs(): number {
    return this.#deps.clock() - this.#beganAt;
  }

  #affinityCookie(lines: FieldLines): string | undefined {
    const { affinity } = this.policy;
    const { instance } = this;
    if (affinity.mode === "none" || this.#attempts === undefined || instance === undefined) return undefined;
    const { table, route, opaqueId } = this.#attempts.matched;
    const servedBy = table.opaqueId(instance);
    const isSecure = cameSecure(this.#client, this.#read);
    const rawHeaders = lines.flat();
    const scope = scopeToSet({ affinity, route, rawHeaders, cameWith: opaqueId, servedBy, isSecure });
    return scope && writeAffinityCookie(servedBy, scope);
  }
}
