import { describe, expect, it } from "vitest";

import { Histogram, REQUEST_BOUNDS, ROUTE_BOUNDS } from "./histogram.ts";
import { BUCKETS, DURATION_SUM, WIDTH, durationsIn } from "./route-cells.ts";

describe("the cells of a route", () => {
  it("hold every bound of the metrics", () => {
    expect(REQUEST_BOUNDS.filter((bound) => !ROUTE_BOUNDS.includes(bound))).toEqual([]);
  });

  it("give the same histogram as counting by the coarse bounds does", () => {
    const cells = new Float64Array(WIDTH);
    const expected = new Histogram(REQUEST_BOUNDS);
    for (let exponent = -5; exponent < 2.5; exponent += 0.01) {
      const seconds = 10 ** exponent;
      expected.observe(seconds);
      const bucket = ROUTE_BOUNDS.findIndex((bound) => seconds <= bound);
      const cell = BUCKETS + (bucket === -1 ? ROUTE_BOUNDS.length : bucket);
      cells[cell] = (cells[cell] ?? 0) + 1;
      cells[DURATION_SUM] = (cells[DURATION_SUM] ?? 0) + seconds;
    }
    expect(durationsIn(cells)).toEqual(expected);
  });
});
