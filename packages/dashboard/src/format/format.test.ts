import { describe, expect, it } from "vitest";

import { counted, formatCount, formatMs, formatShare } from "./numbers.ts";
import { formatAgo, formatDuration, formatUntil } from "./times.ts";

describe("numbers for people", () => {
  it.each([
    [0, "0"],
    [0.44, "0.4"],
    [12.34, "12.3"],
    [99.96, "100"],
    [345.6, "346"],
    [9_999, "9,999"],
    [12_345, "12.3 k"],
    [99_960, "100 k"],
    [999_400, "999 k"],
    [999_600, "1.0 M"],
    [1_234_567, "1.2 M"],
  ])("%d is %s", (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it.each([
    [null, "–"],
    [0, "0 ms"],
    [0.004, "<0.01 ms"],
    [0.424, "0.42 ms"],
    [4.24, "4.2 ms"],
    [9.96, "10 ms"],
    [999.6, "1.0 s"],
    [42_000, "42 s"],
  ])("%s milliseconds are %s", (value, text) => {
    expect(formatMs(value)).toBe(text);
  });

  it("never show a share that is something as nothing, nor one that is not all as all", () => {
    expect([0, 0.00001, 0.0002, 0.015, 0.42, 0.999, 1].map(formatShare)).toEqual([
      "0 %",
      "<0.01 %",
      "0.02 %",
      "1.5 %",
      "42 %",
      "99.9 %",
      "100 %",
    ]);
  });

  it("count nouns", () => {
    expect([counted(1, "routes"), counted(0, "routes"), counted(10_000, "routes")]).toEqual([
      "1 route",
      "0 routes",
      "10,000 routes",
    ]);
  });
});

describe("times for people", () => {
  it.each([
    [-5, "0 s"],
    [42_900, "42 s"],
    [185_000, "3 m 05 s"],
    [7_800_000, "2 h 10 m"],
    [1_047_600_000, "12 d 3 h"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("say how long ago", () => {
    expect([null, 100_000, 88_000, -200_000].map((at) => formatAgo(at, 100_000))).toEqual([
      "–",
      "now",
      "12 s ago",
      "5 m ago",
    ]);
  });

  it("say how much longer, and since when no more", () => {
    const day = 86_400_000;
    expect([9 * day, 5_400_000, 0, -3 * day].map((at) => formatUntil(at, 0))).toEqual([
      "9 d",
      "1 h",
      "now",
      "3 d ago",
    ]);
  });
});
