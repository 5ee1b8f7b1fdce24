import { describe, expect, it } from "vitest";

import { BackOff, sleep } from "./back-off.ts";

describe("BackOff", () => {
  it("tries at once first, then pauses for a random part of a limit that doubles", () => {
    const backOff = new BackOff({ firstMs: 100, mostMs: 1_000 });
    expect(backOff.next()).toBe(0);
    for (const limitMs of [100, 200, 400, 800, 1_000, 1_000]) {
      const pauseMs = backOff.next();
      expect(pauseMs).toBeGreaterThanOrEqual(0);
      expect(pauseMs).toBeLessThan(limitMs);
    }
    backOff.reset();
    expect(backOff.next()).toBe(0);
  });

  it("spreads many clients over the whole limit", () => {
    const pauses = Array.from({ length: 1_000 }, () => {
      const backOff = new BackOff({ firstMs: 1_000, mostMs: 1_000 });
      backOff.next();
      return backOff.next();
    });
    const inTenth = (tenth: number): number => pauses.filter((ms) => Math.floor(ms / 100) === tenth).length;
    // 100 are expected in each tenth; fewer than 40 happens once in 10^12 runs.
    for (let tenth = 0; tenth < 10; tenth++) expect(inTenth(tenth)).toBeGreaterThan(40);
  });
});

describe("sleep", () => {
  it("ends at once when it is aborted", async () => {
    const life = new AbortController();
    const sleeping = sleep(3_600_000, life.signal);
    life.abort();
    await expect(sleeping).resolves.toBeUndefined();
  });
});
