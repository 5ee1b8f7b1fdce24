// W3C Trace Context, https://www.w3.org/TR/trace-context/: which span a request comes from, and which one it is sent on by.

import { type SpanContext, createTraceState } from "@opentelemetry/api";

/** Version, trace, parent and flags; version 00 ends there, a later one may say more (section 3.2.4). */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/** The span that a request comes from; undefined when it does not say so, or not well. */
export function readTraceContext(rawHeaders: readonly string[]): SpanContext | undefined {
  const [parent = "", ...others] = valuesOf(rawHeaders, "traceparent");
  const match = TRACEPARENT.exec(parent);
  if (match === null || others.length > 0) return undefined;
  const [, traceId = "", spanId = "", flags = ""] = match;
  const state = valuesOf(rawHeaders, "tracestate").join(",");
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(state !== "" && { traceState: createTraceState(state) }),
  };
}

/**
 * The fields of a request as they go on: from `span`. What the vendors of other spans said goes along untouched, unless what
 * it belongs to could not be read.
 */
export function withTraceContext(
  fields: readonly string[],
  { span, hasParent }: { readonly span: SpanContext; readonly hasParent: boolean },
): string[] {
  const sent: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? "";
    if (isNamed(name, "traceparent") || (!hasParent && isNamed(name, "tracestate"))) continue;
    sent.push(name, fields[at + 1] ?? "");
  }
  const flags = span.traceFlags.toString(16).padStart(2, "0");
  sent.push("traceparent", `00-${span.traceId}-${span.spanId}-${flags}`);
  return sent;
}

function valuesOf(rawHeaders: readonly string[], wanted: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && isNamed(rawHeaders[at - 1] ?? "", wanted));
}

function isNamed(name: string, wanted: string): boolean {
  return name.length === wanted.length && name.toLowerCase() === wanted;
}
