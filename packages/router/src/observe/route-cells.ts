// What is counted of one route, as cells of one array: they are copied, sent to another process and added up as they
// are, however many routes there are.

import { Histogram, REQUEST_BOUNDS, ROUTE_BOUNDS } from "./histogram.ts";

/** The first ten cells: exchanges by the first digit of their status. */
export const STATUS_CELLS = 10;
/** Exchanges that ended in a 5xx, or that somebody but the client cut. */
export const ERRORS = 10;
/** Bytes of bodies, from and to clients. */
export const RECEIVED = 11;
export const SENT = 12;
/** Durations: their sum in seconds, then so many as fell into each bucket. */
export const DURATION_SUM = 13;
export const BUCKETS = 14;
export const WIDTH = BUCKETS + ROUTE_BOUNDS.length + 1;

/** Adds a row of `more`, which begins at `at`, to cells. */
export function addCells(cells: Float64Array, more: Float64Array, at = 0): void {
  for (let cell = 0; cell < WIDTH; cell += 1) cells[cell] = (cells[cell] ?? 0) + (more[at + cell] ?? 0);
}

/** How many exchanges are counted in a row of cells, which begins at `at`. */
export function exchangesIn(cells: Float64Array, at = 0): number {
  let total = 0;
  for (let digit = 0; digit < STATUS_CELLS; digit += 1) total += cells[at + digit] ?? 0;
  return total;
}

/** The durations that are counted in cells, by the bounds of the metrics: every one of them is a bound of the cells too. */
export function durationsIn(cells: Float64Array): Histogram {
  const histogram = new Histogram(REQUEST_BOUNDS);
  histogram.sum = cells[DURATION_SUM] ?? 0;
  let at = 0;
  for (let bucket = 0; bucket <= ROUTE_BOUNDS.length; bucket += 1) {
    while (
      (ROUTE_BOUNDS[bucket] ?? Number.POSITIVE_INFINITY) > (REQUEST_BOUNDS[at] ?? Number.POSITIVE_INFINITY)
    )
      at += 1;
    histogram.counts[at] = (histogram.counts[at] ?? 0) + (cells[BUCKETS + bucket] ?? 0);
  }
  return histogram;
}
