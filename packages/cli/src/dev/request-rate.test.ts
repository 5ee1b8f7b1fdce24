import { describe, expect, it } from "vitest";

import { RequestRate } from "./request-rate.ts";

describe("RequestRate", () => {
  it("is that of the last two seconds", () => {
    const rate = new RequestRate();
    const counts = [0, 5, 10, 15, 20, 20, 20, 20, 20];
    expect(counts.map((count, index) => rate.at(index * 500, count))).toEqual([
      0, 10, 10, 10, 10, 8, 5, 3, 0,
    ]);
  });
});
