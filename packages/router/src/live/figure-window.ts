import type { Figures } from "@wayleave/records/api";

import { ROUTE_BOUNDS } from "../observe/histogram.ts";
import { BUCKETS, ERRORS, WIDTH, exchangesIn } from "../observe/route-cells.ts";

const BUCKET_COUNT = ROUTE_BOUNDS.length + 1;
const REQUESTS_AT = 0;
const ERRORS_AT = 1;
const BUCKETS_AT = 2;
const SLOT = BUCKETS_AT + BUCKET_COUNT;

/** What a window holds. */
export interface WindowSum extends Pick<Figures, "p50Ms" | "p95Ms" | "p99Ms"> {
  readonly requests: number;
  readonly errors: number;
}

/** Counts of the last seconds, one slot a second, in a ring. */
export class FigureWindow {
  readonly #slots: Uint32Array;
  readonly #stamps: Float64Array;
  /** The last second that something was added to. */
  newest = 0;

  constructor(seconds: number) {
    this.#slots = new Uint32Array(seconds * SLOT);
    this.#stamps = new Float64Array(seconds).fill(-1);
  }

  /** Adds a row of cells (see route-cells.ts) to a second, counted from the epoch. */
  add(second: number, cells: Float64Array, row: number): void {
    const slot = second % this.#stamps.length;
    const at = slot * SLOT;
    if (this.#stamps[slot] !== second) this.#slots.fill(0, at, at + SLOT);
    this.#stamps[slot] = second;
    this.newest = second;
    const from = row * WIDTH;
    this.#add(at + REQUESTS_AT, exchangesIn(cells, from));
    this.#add(at + ERRORS_AT, cells[from + ERRORS]);
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      this.#add(at + BUCKETS_AT + bucket, cells[from + BUCKETS + bucket]);
    }
  }

  /** What the window that ends with a second holds. */
  sum(second: number): WindowSum {
    const sums = new Float64Array(SLOT);
    for (const [slot, stamp] of this.#stamps.entries()) {
      if (stamp <= second - this.#stamps.length) continue;
      for (let cell = 0; cell < SLOT; cell += 1) {
        sums[cell] = (sums[cell] ?? 0) + (this.#slots[slot * SLOT + cell] ?? 0);
      }
    }
    const buckets = sums.subarray(BUCKETS_AT);
    return {
      requests: sums[REQUESTS_AT] ?? 0,
      errors: sums[ERRORS_AT] ?? 0,
      p50Ms: percentileMs(buckets, 0.5),
      p95Ms: percentileMs(buckets, 0.95),
      p99Ms: percentileMs(buckets, 0.99),
    };
  }

  #add(cell: number, count = 0): void {
    this.#slots[cell] = (this.#slots[cell] ?? 0) + count;
  }
}

/** Within its bucket a value is taken to be as far up as its rank is; null when there is none. */
function percentileMs(buckets: Float64Array, share: number): number | null {
  let total = 0;
  for (const count of buckets) total += count;
  if (total === 0) return null;
  let left = total * share;
  for (const [at, count] of buckets.entries()) {
    const low = ROUTE_BOUNDS[at - 1] ?? 0;
    const high = ROUTE_BOUNDS[at] ?? low;
    if (left <= count && count > 0) return Math.round((low + (high - low) * (left / count)) * 1e5) / 100;
    left -= count;
  }
  return null;
}
