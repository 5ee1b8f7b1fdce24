/** OpenTelemetry's bounds for `http.server.request.duration`, in seconds. */
export const REQUEST_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Finer, for the percentiles of a route: each next one is at most 1.7 times as long. Holds every {@link REQUEST_BOUNDS}. */
export const ROUTE_BOUNDS: readonly number[] = [
  0.000_25, 0.000_4, 0.000_6, 0.001, 0.001_5, 0.002_5, 0.003_5, 0.005, 0.007_5, 0.01, 0.015, 0.025, 0.035,
  0.05, 0.075, 0.1, 0.15, 0.25, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 3.5, 5, 7.5, 10, 15, 25, 40, 60,
];

/** For what a router does by itself, in seconds: most of it is done below the first bound of requests. */
export const OWN_BOUNDS: readonly number[] = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
];

/**
 * Counts of values by bound. Observing is one scan and two additions: the client library builds a label
 * string and an object each time, which three histograms an exchange would make the dearest part of it.
 */
export class Histogram {
  readonly bounds: readonly number[];
  /** How many values are at most the bound of the same index, and above the one before; the last is the rest. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > (this.bounds[at] ?? 0)) at += 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}
