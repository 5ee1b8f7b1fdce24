import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { SparingCount } from "./sparing-count.ts";

describe("a sparing count", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("tells at once, then sums now and then, then what is left", () => {
    const told: number[] = [];
    {
      using count = new SparingCount(10_000, (sum) => told.push(sum));
      for (const more of [3, 0, 4, 5]) count.add(more);
      expect(told).toEqual([3]);
      vi.advanceTimersByTime(10_000);
      expect(told).toEqual([3, 9]);
      vi.advanceTimersByTime(20_000);
      count.add(1);
      expect(told).toEqual([3, 9, 1]);
      count.add(2);
    }
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([3, 9, 1, 2]);
  });
});
