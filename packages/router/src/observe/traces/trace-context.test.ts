import { describe, expect, it } from "vitest";

import { readTraceContext, withTraceContext } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

describe("the context that a request comes with", () => {
  it.each([
    ["sampled", `00-${TRACE}-${SPAN}-01`, 1],
    ["not sampled", `00-${TRACE}-${SPAN}-00`, 0],
    ["flags of a later day", `00-${TRACE}-${SPAN}-03`, 3],
    ["a later version, with more behind", `cc-${TRACE}-${SPAN}-01-what-comes`, 1],
    ["a later version", `cc-${TRACE}-${SPAN}-01`, 1],
  ])("is read: %s", (_, traceparent, traceFlags) => {
    expect(readTraceContext(["TraceParent", traceparent])).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      traceFlags,
      isRemote: true,
    });
  });

  it.each([
    ["none", []],
    ["version ff", ["traceparent", `ff-${TRACE}-${SPAN}-01`]],
    ["more behind version 00", ["traceparent", `00-${TRACE}-${SPAN}-01-more`]],
    ["a later version without a dash", ["traceparent", `cc-${TRACE}-${SPAN}-01more`]],
    ["a trace of zeros", ["traceparent", `00-${"0".repeat(32)}-${SPAN}-01`]],
    ["a span of zeros", ["traceparent", `00-${TRACE}-${"0".repeat(16)}-01`]],
    ["capitals", ["traceparent", `00-${TRACE.toUpperCase()}-${SPAN}-01`]],
    ["two of it", ["traceparent", `00-${TRACE}-${SPAN}-01`, "traceparent", `00-${TRACE}-${SPAN}-00`]],
  ])("is none: %s", (_, rawHeaders) => {
    expect(readTraceContext(rawHeaders)).toBeUndefined();
  });

  it("has the state of all vendors, however many fields it came in", () => {
    const fields = ["traceparent", `00-${TRACE}-${SPAN}-01`, "tracestate", "a=1,b=2", "Tracestate", "c=3"];
    expect(readTraceContext(fields)?.traceState?.serialize()).toBe("a=1,b=2,c=3");
  });
});

describe("the fields that go on", () => {
  const span = { traceId: TRACE, spanId: "b7ad6b7169203331", traceFlags: 1 };
  const fields = ["Host", "a", "Traceparent", "old", "tracestate", "a=1", "traceparent", "older"];

  it("come from the span, with what vendors said", () => {
    expect(withTraceContext(fields, { span, hasParent: true })).toEqual([
      "Host",
      "a",
      "tracestate",
      "a=1",
      "traceparent",
      `00-${TRACE}-${span.spanId}-01`,
    ]);
  });

  it("lose what vendors said of a context that could not be read", () => {
    expect(withTraceContext(fields, { span, hasParent: false })).toEqual([
      "Host",
      "a",
      "traceparent",
      `00-${TRACE}-${span.spanId}-01`,
    ]);
  });
});
