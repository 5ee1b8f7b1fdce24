import { describe, expect, it } from "vitest";

import { formatDuration, parseDurationMs } from "./duration.ts";

describe("parseDurationMs", () => {
  it.each([
    ["500ms", 500],
    ["2s", 2_000],
    ["1.5m", 90_000],
    ["1h", 3_600_000],
    ["365d", 31_536_000_000],
  ])("reads %s as %d ms", (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(["", "2", "s", "-1s", "2 s", "2w", "0s", "1e3s"])("refuses %j", (text) => {
    expect(() => parseDurationMs(text)).toThrow(/Give it as|1ms or more/);
  });
});

describe("formatDuration", () => {
  it.each([
    [800, "800ms"],
    [12_000, "12s"],
    [200_000, "3m 20s"],
    [60_000, "1m"],
    [18_180_000, "5h 3m"],
    [7_200_000, "2h"],
    [187_200_000, "2d 4h"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
