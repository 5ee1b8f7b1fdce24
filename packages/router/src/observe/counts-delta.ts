// Counts on their way from where they are counted to where they are told: what came since the last time.

import type { FailureCode } from "../request/failures.ts";
import type { ConnectionDelta } from "./connection-counts.ts";
import type { Histogram } from "./histogram.ts";
import type { SpanCounts } from "./traces/span-counts.ts";

/** What was counted of routes; plain data, so that it crosses a process boundary unchanged, and few objects of it. */
export interface RoutesDelta {
  readonly labels: readonly string[];
  /** A row for each label; see route-cells.ts. */
  readonly cells: Float64Array;
  /** By the index of a label: few routes have any. */
  readonly failures: ReadonlyMap<number, ReadonlyMap<FailureCode, number>>;
}

/** A histogram without its bounds: both sides know them. */
export interface HistogramDelta {
  readonly counts: Float64Array;
  readonly sum: number;
}

/** What was counted since the last time. */
export interface CountsDelta {
  readonly routes: RoutesDelta;
  readonly instanceDuration: HistogramDelta;
  readonly ownDuration: HistogramDelta;
  readonly retries: ReadonlyMap<FailureCode, number>;
  readonly upgrades: number;
  readonly spans: Readonly<SpanCounts>;
  /** undefined: nothing. */
  readonly connections: ConnectionDelta | undefined;
  readonly total: number;
}

/** Takes what a histogram has, and leaves it at zero. */
export function takeHistogram(histogram: Histogram): HistogramDelta {
  const delta = { counts: histogram.counts.slice(), sum: histogram.sum };
  histogram.counts.fill(0);
  histogram.sum = 0;
  return delta;
}

export function addHistogram(to: Histogram, { counts, sum }: HistogramDelta): void {
  for (const [at, value] of counts.entries()) to.counts[at] = (to.counts[at] ?? 0) + value;
  to.sum += sum;
}

/** Takes the counts by failure, and leaves none. */
export function takeFailures(failures: Map<FailureCode, number>): Map<FailureCode, number> {
  const taken = new Map(failures);
  failures.clear();
  return taken;
}

export function addFailures(to: Map<FailureCode, number>, more: ReadonlyMap<FailureCode, number>): void {
  for (const [failure, count] of more) to.set(failure, (to.get(failure) ?? 0) + count);
}
