import { describe, expect, it } from "vitest";

import { wallClock } from "./wall-clock.ts";

describe("the wall clock", () => {
  it("goes on with the other clock, and is set right ten times a second", () => {
    const time = { clock: 5.25, date: 1_700_000_000_000 };
    const now = wallClock(
      () => time.clock,
      () => time.date,
    );
    expect(now()).toBe(1_700_000_000_000);
    time.clock += 3;
    time.date = 1_800_000_000_000;
    expect(now()).toBe(1_700_000_000_003);
    expect(now(time.clock + 1)).toBe(1_700_000_000_004);
    time.clock += 97;
    expect(now()).toBe(1_800_000_000_000);
  });

  it("is that of the system", () => {
    const now = wallClock(() => performance.now());
    const before = Date.now();
    expect(now()).toBeGreaterThanOrEqual(before - 1);
    expect(now()).toBeLessThanOrEqual(Date.now());
  });
});
