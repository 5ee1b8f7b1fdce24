import { describe, expect, it } from "vitest";

import { type Heard, SilenceCheck } from "./silence-check.ts";

const worker = (lastHeardAt: number, isListening = true): Heard => ({ lastHeardAt, isListening });

/** Looks every second from 0 on, until before `endMs`. */
function lookUntil(endMs: number, workers: readonly Heard[]) {
  const check = new SilenceCheck(0);
  const stuckAt = new Map<Heard, number>();
  for (let now = 1_000; now < endMs; now += 1_000) {
    for (const stuck of check.stuckOf(workers, now)) stuckAt.set(stuck, stuckAt.get(stuck) ?? now);
  }
  return { check, stuckAt };
}

describe("the check for silent workers", () => {
  it("finds one that has said nothing for 15 s, and no other", () => {
    const [silent, alive] = [worker(3_000), worker(29_500)];
    expect([...lookUntil(30_000, [silent, alive]).stuckAt]).toEqual([[silent, 18_000]]);
  });

  it("waits for one that does not listen yet: it may have a large table to take", () => {
    expect(lookUntil(60_000, [worker(0, false)]).stuckAt.size).toBe(0);
  });

  it("holds nothing against the workers when this process was held up, and what they said is unread", () => {
    const silent = worker(9_000);
    const { check } = lookUntil(10_000, [silent]);
    expect(check.stuckOf([silent], 40_000)).toEqual([]);
    for (let now = 41_000; now < 55_000; now += 1_000) expect(check.stuckOf([silent], now)).toEqual([]);
    expect(check.stuckOf([silent], 55_000)).toEqual([silent]);
  });

  it("does not take a pause of a few seconds for such a thing", () => {
    const silent = worker(0);
    const { check } = lookUntil(12_000, [silent]);
    expect(check.stuckOf([silent], 15_500)).toEqual([silent]);
  });
});
