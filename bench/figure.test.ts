import { describe, expect, it } from "vitest";

import { figureOf, percentileOf, ratioOf } from "./figure.ts";

describe("a figure", () => {
  it("is the median of the rounds, between the least and the greatest", () => {
    expect(figureOf([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
    expect(figureOf([1, 2, 3, 10])).toEqual({ median: 2.5, low: 1, high: 10 });
  });

  it("of two things is the ratio within each round, whatever the machine did from round to round", () => {
    expect(ratioOf([10, 200], [5, 100])).toEqual({ median: 2, low: 2, high: 2 });
  });

  it.each([[[]], [[1, Number.NaN]], [[Number.POSITIVE_INFINITY]]])("is not made of %j", (rounds) => {
    expect(() => figureOf(rounds)).toThrow(/figure/);
  });
});

describe("a percentile", () => {
  it("is a value that was measured", () => {
    const sorted = Array.from({ length: 100 }, (_, at) => at);
    expect([0, 0.5, 0.99, 1].map((part) => percentileOf(sorted, part))).toEqual([0, 50, 99, 99]);
  });
});
