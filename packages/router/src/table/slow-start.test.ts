import { describe, expect, it } from "vitest";

import { sampleAsk, sampleEntry } from "./samples.ts";
import { paceOf, strengthOf } from "./slow-start.ts";

describe("slow start", () => {
  const ask = sampleAsk({ now: 100_000, slowStartMs: 10_000 });

  it.each([
    [100_000, 0.1],
    [99_500, 0.1],
    [98_000, 0.2],
    [95_000, 0.5],
    [90_000, 1],
    [0, 1],
    [100_500, 0.1],
  ])("counts an instance first seen at %d for %d of its weight", (since, pace) => {
    expect(paceOf(sampleEntry("a", { since }), ask)).toBe(pace);
    expect(strengthOf(sampleEntry("a", { since, weight: 4 }), ask)).toBe(4 * pace);
  });

  it("is off unless a route or the settings ask for it", () => {
    expect(paceOf(sampleEntry("a", { since: 100_000 }), sampleAsk({ now: 100_000 }))).toBe(1);
  });
});
