import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { RetryBudget } from "./retry-budget.ts";

function takeAll(budget: RetryBudget, nowMs: number): number {
  let taken = 0;
  while (budget.take(nowMs)) taken++;
  return taken;
}

describe("a retry budget", () => {
  it("has 3 a second for an app without traffic", () => {
    const budget = new RetryBudget(0);
    expect(takeAll(budget, 0)).toBe(15);
    expect(takeAll(budget, 2_000)).toBe(6);
  });

  it("shares what there is at least, and no more, with those of the other workers", () => {
    const budget = new RetryBudget(0, 3);
    expect(takeAll(budget, 0)).toBe(5);
    for (let count = 0; count < 1_000; count++) budget.began(count);
    expect(takeAll(budget, 1_000)).toBe(200 + 6 - 5);
  });

  it("has a fifth of the exchanges of the last seconds", () => {
    const budget = new RetryBudget(0);
    for (let count = 0; count < 1_000; count++) budget.began(count);
    expect(takeAll(budget, 1_000)).toBe(200 + 18);
    expect(takeAll(budget, 1_000)).toBe(0);
  });

  it("forgets what lies longer back", () => {
    const budget = new RetryBudget(0);
    for (let count = 0; count < 1_000; count++) budget.began(0);
    expect(takeAll(budget, 0)).toBe(215);
    expect(takeAll(budget, 5_000)).toBe(0);
    expect(takeAll(budget, 10_000)).toBe(15);
    for (let count = 0; count < 1_000; count++) budget.began(10_000);
    expect(takeAll(budget, 60_000)).toBe(15);
  });

  it("is never overdrawn", () => {
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: 3_000 }), isRetry: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const budget = new RetryBudget(0);
        let nowMs = 0;
        let began = 0;
        let taken = 0;
        for (const { waitMs, isRetry } of steps) {
          nowMs += waitMs;
          if (isRetry && budget.take(nowMs)) taken++;
          if (!isRetry) {
            budget.began(nowMs);
            began++;
          }
          // Each retry has room in its two windows, so all of them have in all windows twice over.
          expect(taken).toBeLessThanOrEqual(2 * (0.2 * began + (3 * (nowMs + 10_000)) / 1_000));
        }
      }),
    );
  });
});
