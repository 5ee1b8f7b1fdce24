// An exchange that tells its story in spans: one for the whole of it, and below that one for each attempt on an instance. It stands
// between the engine and the exchange itself, which knows nothing of it; without traces it is not there.

import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";

import type { Client, Exchange, RequestHead } from "../../request/exchange.ts";
import type { ExchangeSummary } from "../../request/exchange-summary.ts";
import type { FailureCode } from "../../request/failures.ts";
import { type FieldLines, flatFields, linesOf } from "../../request/field-lines.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { Policy } from "../../table/policy.ts";
import { attemptAttributes, requestAttributes, spanName, summaryAttributes } from "./span-attributes.ts";
import { readTraceContext, withTraceContext } from "./trace-context.ts";

/** What a traced exchange needs beside the exchange. */
export interface ExchangeTracing {
  readonly tracer: Tracer;
  readonly head: RequestHead;
  readonly client: Client;
  /** What was told of the exchange that has just finished; undefined when nothing was. */
  readonly summary: () => ExchangeSummary | undefined;
}

/** See {@link Exchange}. */
export class TracedExchange implements Exchange {
  readonly #exchange: Exchange;
  readonly #tracing: ExchangeTracing;
  readonly #span: Span;
  readonly #context: Context;
  readonly #hasParent: boolean;
  #attempt: Span | undefined;
  #attempts = 0;

  constructor(exchange: Exchange, tracing: ExchangeTracing) {
    const { head, client, tracer } = tracing;
    const parent = readTraceContext(head.rawHeaders);
    const from = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    this.#exchange = exchange;
    this.#tracing = tracing;
    this.#hasParent = parent !== undefined;
    const attributes = requestAttributes(head, client);
    this.#span = tracer.startSpan(spanName(head.method), { kind: SpanKind.SERVER, attributes }, from);
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#span);
  }

  get instance(): InstanceEntry | undefined {
    return this.#exchange.instance;
  }

  get failure(): FailureCode | undefined {
    return this.#exchange.failure;
  }

  get policy(): Policy {
    return this.#exchange.policy;
  }

  get target(): string {
    return this.#exchange.target;
  }

  get upgrade(): string | undefined {
    return this.#exchange.upgrade;
  }

  requestHeaders(): string[] {
    return this.#traced(this.#exchange.requestHeaders());
  }

  requestLines(): string {
    return linesOf(this.#traced(flatFields(this.#exchange.requestLines())));
  }

  connecting(): void {
    this.#exchange.connecting();
    this.#beginAttempt();
  }

  retry(failure: FailureCode, attempt: Parameters<Exchange["retry"]>[1]): boolean {
    const instance = this.#exchange.instance?.id;
    this.#endAttempt(failure);
    const isRetried = this.#exchange.retry(failure, attempt);
    if (isRetried) this.#span.addEvent("retry", { "error.type": failure, "wayleave.instance": instance });
    return isRetried;
  }

  answerHeaders(status: number, rawHeaders: readonly string[]): string[] {
    this.#tellStatus(status);
    return this.#exchange.answerHeaders(status, rawHeaders);
  }

  answerLines(status: number, lines: FieldLines): string {
    this.#tellStatus(status);
    return this.#exchange.answerLines(status, lines);
  }

  failureAnswer(): ReturnType<Exchange["failureAnswer"]> {
    return this.#exchange.failureAnswer();
  }

  upgraded(): void {
    this.#exchange.upgraded();
  }

  answerEnded(): void {
    this.#exchange.answerEnded();
    this.#endAttempt(undefined);
  }

  finish(end: Parameters<Exchange["finish"]>[0]): void {
    this.#exchange.finish(end);
    this.#endAttempt(end.cut);
    const summary = this.#tracing.summary();
    if (summary === undefined) return;
    this.#span.updateName(spanName(summary.method, summary.route));
    this.#span.setAttributes(summaryAttributes(summary));
    if (summary.status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }

  #traced(fields: readonly string[]): string[] {
    this.#beginAttempt();
    const span = (this.#attempt ?? this.#span).spanContext();
    return withTraceContext(fields, { span, hasParent: this.#hasParent });
  }

  #tellStatus(status: number): void {
    this.#attempt?.setAttribute("http.response.status_code", status);
    if (status >= 400) fail(this.#attempt, String(status));
  }

  /** Whichever of the members that begin an attempt is called first. */
  #beginAttempt(): void {
    const { instance } = this.#exchange;
    const { tracer, head } = this.#tracing;
    if (this.#attempt !== undefined || instance === undefined || !this.#span.isRecording()) return;
    const attributes = attemptAttributes(head, instance, this.#attempts++);
    const options = { kind: SpanKind.CLIENT, attributes };
    this.#attempt = tracer.startSpan(spanName(head.method), options, this.#context);
  }

  #endAttempt(failure: FailureCode | undefined): void {
    if (failure !== undefined) fail(this.#attempt, failure);
    this.#attempt?.end();
    this.#attempt = undefined;
  }
}

function fail(span: Span | undefined, type: string): void {
  span?.setAttribute("error.type", type);
  span?.setStatus({ code: SpanStatusCode.ERROR });
}
