// What traces are made by: OpenTelemetry's own environment variables, so that a router is set as every other program of the house.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

/** Where spans go, and which; plain data, so that a worker gets it as it is. */
export interface TraceSettings {
  /** The collector's address for spans, by OTLP over HTTP with JSON. */
  readonly url: string;
  /** For one batch, all attempts together. */
  readonly timeoutMs: number;
  readonly sampler: TraceSampler;
  readonly batch: SpanBatch;
}

/** `followsParent`: a request that comes with a decision keeps it. `ratio`, 0 to 1, of all others. */
export interface TraceSampler {
  readonly followsParent: boolean;
  readonly ratio: number;
}

/** What is kept until it is sent: beyond `maxSpans` spans are dropped. */
export interface SpanBatch {
  readonly maxSpans: number;
  readonly maxSpansAtOnce: number;
  readonly delayMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SAMPLERS: Readonly<Record<string, (ratio: number) => TraceSampler>> = {
  always_on: () => ({ followsParent: false, ratio: 1 }),
  always_off: () => ({ followsParent: false, ratio: 0 }),
  traceidratio: (ratio) => ({ followsParent: false, ratio }),
  parentbased_always_on: () => ({ followsParent: true, ratio: 1 }),
  parentbased_always_off: () => ({ followsParent: true, ratio: 0 }),
  parentbased_traceidratio: (ratio) => ({ followsParent: true, ratio }),
};

/**
 * The settings of traces, or undefined when there are to be none: `endpoint` (`http://host:4318`, to which `/v1/traces` is added)
 * or the standard variables have to ask for them. Headers and certificates are read from `OTEL_EXPORTER_OTLP_*` by
 * the exporter itself. Throws a RangeError that names the variable.
 */
export function resolveTraceSettings(env: Environment, endpoint?: string): TraceSettings | undefined {
  const url = urlOf(env, endpoint);
  if (url === undefined) return undefined;
  const protocol = env["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] ?? env["OTEL_EXPORTER_OTLP_PROTOCOL"];
  if (protocol === "grpc") throw new RangeError("OTEL_EXPORTER_OTLP_PROTOCOL: spans are sent by http/json");
  const maxSpans = positive(env, "OTEL_BSP_MAX_QUEUE_SIZE", 2_048);
  return {
    url,
    timeoutMs: positive(env, timeoutName(env), 3_000),
    sampler: samplerOf(env),
    batch: {
      maxSpans,
      maxSpansAtOnce: Math.min(positive(env, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512), maxSpans),
      delayMs: positive(env, "OTEL_BSP_SCHEDULE_DELAY", 5_000),
    },
  };
}

function urlOf(env: Environment, endpoint: string | undefined): string | undefined {
  if (endpoint !== undefined) return tracesUrl("traces", endpoint, "v1/traces");
  const isOff = env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true" || env["OTEL_TRACES_EXPORTER"] === "none";
  if (isOff) return undefined;
  const own = env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
  if (own !== undefined && own !== "") return tracesUrl("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own, "");
  const base = env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (base === undefined || base === "") return undefined;
  return tracesUrl("OTEL_EXPORTER_OTLP_ENDPOINT", base, "v1/traces");
}

function tracesUrl(name: string, base: string, path: string): string {
  const url = URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RangeError(`${name}: ${JSON.stringify(base)} is no address like http://collector:4318`);
  }
  return path === "" ? url.href : `${url.href.replace(/\/$/, "")}/${path}`;
}

function timeoutName(env: Environment): string {
  const own = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";
  return env[own] === undefined ? "OTEL_EXPORTER_OTLP_TIMEOUT" : own;
}

function samplerOf(env: Environment): TraceSampler {
  const name = env["OTEL_TRACES_SAMPLER"] || "parentbased_always_on";
  const make = SAMPLERS[name];
  if (make !== undefined) return make(ratioOf(env));
  const known = Object.keys(SAMPLERS).join(", ");
  throw new RangeError(`OTEL_TRACES_SAMPLER: ${JSON.stringify(name)} is none of ${known}`);
}

function ratioOf(env: Environment): number {
  const text = env["OTEL_TRACES_SAMPLER_ARG"] || "1";
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new RangeError(`OTEL_TRACES_SAMPLER_ARG: ${JSON.stringify(text)} is no number from 0 to 1`);
}

function positive(env: Environment, name: string, initial: number): number {
  const text = env[name];
  if (text === undefined || text === "") return initial;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new RangeError(`${name}: ${JSON.stringify(text)} is no whole number above 0`);
}
