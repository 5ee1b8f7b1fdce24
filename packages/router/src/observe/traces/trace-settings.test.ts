import { describe, expect, it } from "vitest";

import { resolveTraceSettings } from "./trace-settings.ts";

const COLLECTOR = "http://collector:4318";

describe("the settings of traces", () => {
  it.each([
    ["nothing is said", {}, undefined],
    ["the variable is empty", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }, undefined],
    ["the SDK is disabled", { OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR, OTEL_SDK_DISABLED: "true" }, undefined],
    [
      "traces go nowhere",
      { OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR, OTEL_TRACES_EXPORTER: "none" },
      undefined,
    ],
  ])("are none when %s", (_, env, endpoint) => {
    expect(resolveTraceSettings(env, endpoint)).toBeUndefined();
  });

  it.each([
    ["the flag", {}, COLLECTOR, `${COLLECTOR}/v1/traces`],
    ["a flag with a path", {}, `${COLLECTOR}/otlp/`, `${COLLECTOR}/otlp/v1/traces`],
    [
      "the flag before variables",
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://b" },
      COLLECTOR,
      `${COLLECTOR}/v1/traces`,
    ],
    ["the variable", { OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR }, undefined, `${COLLECTOR}/v1/traces`],
    [
      "the variable of traces alone, as it is",
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://b", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${COLLECTOR}/spans` },
      undefined,
      `${COLLECTOR}/spans`,
    ],
  ])("send to the address of %s", (_, env, endpoint, url) => {
    expect(resolveTraceSettings(env, endpoint)?.url).toBe(url);
  });

  it.each([
    ["", undefined, { followsParent: true, ratio: 1 }],
    ["always_on", undefined, { followsParent: false, ratio: 1 }],
    ["traceidratio", "0.25", { followsParent: false, ratio: 0.25 }],
    ["parentbased_traceidratio", "0.01", { followsParent: true, ratio: 0.01 }],
    ["parentbased_always_off", undefined, { followsParent: true, ratio: 0 }],
  ])("sample by %j with %j", (sampler, ratio, expected) => {
    const env = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio };
    expect(resolveTraceSettings(env, COLLECTOR)?.sampler).toEqual(expected);
  });

  it("never send more at once than wait", () => {
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: "10", OTEL_BSP_SCHEDULE_DELAY: "100" };
    expect(resolveTraceSettings(env, COLLECTOR)?.batch).toEqual({
      maxSpans: 10,
      maxSpansAtOnce: 10,
      delayMs: 100,
    });
  });

  it.each([
    [{ OTEL_TRACES_SAMPLER: "jaeger_remote" }, "OTEL_TRACES_SAMPLER"],
    [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" }, "OTEL_TRACES_SAMPLER_ARG"],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: "0" }, "OTEL_BSP_MAX_QUEUE_SIZE"],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: "soon" }, "OTEL_EXPORTER_OTLP_TIMEOUT"],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL"],
  ])("are refused with the name of what is wrong: %j", (env, name) => {
    expect(() => resolveTraceSettings(env, COLLECTOR)).toThrow(new RegExp(`^${name}: `));
  });

  it.each(["collector:4318", "grpc://collector", "not an address"])("refuse %j as an address", (endpoint) => {
    expect(() => resolveTraceSettings({}, endpoint)).toThrow(/^traces: .* is no address/);
  });
});
