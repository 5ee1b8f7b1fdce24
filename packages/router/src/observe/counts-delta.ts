// Counts on their way from a worker to the process that tells them: what came since the last time.

import type { FailureCode } from "../request/failures.ts";
import type { Histogram } from "./histogram.ts";

/** What was counted of one route; plain data, so that it crosses a process boundary unchanged. */
export interface RouteDelta {
  readonly label: string;
  readonly byStatusClass: Float64Array;
  readonly failures: ReadonlyMap<FailureCode, number>;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly duration: HistogramDelta | undefined;
}

/** A histogram without its bounds: both sides know them. */
export interface HistogramDelta {
  readonly counts: Float64Array;
  readonly sum: number;
}

/** What was counted since the last time. */
export interface CountsDelta {
  readonly routes: readonly RouteDelta[];
  readonly instanceDuration: HistogramDelta;
  readonly ownDuration: HistogramDelta;
  readonly retries: ReadonlyMap<FailureCode, number>;
  readonly upgrades: number;
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
  addNumbers(to.counts, counts);
  to.sum += sum;
}

export function takeNumbers(numbers: Float64Array): Float64Array {
  const taken = numbers.slice();
  numbers.fill(0);
  return taken;
}

export function addNumbers(to: Float64Array, more: Float64Array): void {
  for (const [at, value] of more.entries()) to[at] = (to[at] ?? 0) + value;
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
