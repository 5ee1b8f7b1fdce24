import { type Meter, type MeterProvider, createNoopMeter } from "@opentelemetry/api";

/** What became of spans that were to be sent. */
export interface SpanCounts {
  exported: number;
  /** The collector did not take them, or too many waited for it. */
  dropped: number;
}

/**
 * Gets a batch processor's own counts: it has one counter, `otel.sdk.processor.span.processed`, which says
 * `error.type` of spans that were lost.
 * https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 */
export function countSpansInto(counts: SpanCounts): MeterProvider {
  const add = (spans: number, attributes?: object): void => {
    if (attributes !== undefined && "error.type" in attributes) counts.dropped += spans;
    else counts.exported += spans;
  };
  const meter: Meter = Object.create(createNoopMeter(), { createCounter: { value: () => ({ add }) } });
  return { getMeter: () => meter };
}
