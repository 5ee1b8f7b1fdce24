import { describe, expect, it } from "vitest";

import { inSight, ordered, passes } from "./rows.ts";

const ROW = { text: "shop.example.com/api shop@v2", facts: { health: "down", app: "shop" } };

describe("a filter", () => {
  it.each([
    "",
    "shop",
    "SHOP api",
    "health:down",
    "shop health:do",
    "-blog",
    "-health:ok",
    "  ",
    "-",
    "app:shop -v1",
  ])("finds a row by %j", (filter) => {
    expect(passes(ROW, filter)).toBe(true);
  });

  it.each(["blog", "shop blog", "-shop", "health:ok", "-health:down", "app:blog"])(
    "does not by %j",
    (filter) => {
      expect(passes(ROW, filter)).toBe(false);
    },
  );

  it("takes a colon after an unknown name as a part of the word: an address has one", () => {
    expect(passes({ text: "10.0.0.1:8080", facts: {} }, "0.1:80")).toBe(true);
  });
});

describe("an order", () => {
  it("puts what is missing last in either direction, and leaves equals as they are", () => {
    const rows = [
      { id: "a", by: 2 },
      { id: "b", by: null },
      { id: "c", by: 1 },
      { id: "d", by: 2 },
    ];
    const ids = (isDescending: boolean): string =>
      ordered(rows, ({ by }) => by, isDescending)
        .map(({ id }) => id)
        .join("");
    expect([ids(false), ids(true)]).toEqual(["cadb", "adcb"]);
  });

  it("orders names as people count: shop2 before shop10", () => {
    expect(ordered(["shop10", "shop2", "Shop1"], (name) => name, false)).toEqual([
      "Shop1",
      "shop2",
      "shop10",
    ]);
  });
});

describe("the rows in sight", () => {
  it("are a few, however many there are", () => {
    const { from, to } = inSight(10_000, { rowHeight: 32, top: 32 * 5_000, height: 900 });
    expect(from).toBeLessThanOrEqual(5_000);
    expect(to).toBeGreaterThanOrEqual(5_029);
    expect(to - from).toBeLessThan(60);
  });

  it("end where the rows do", () => {
    expect(inSight(3, { rowHeight: 32, top: 0, height: 900 })).toEqual({ from: 0, to: 3 });
    expect(inSight(3, { rowHeight: 32, top: 9_000, height: 900 })).toEqual({ from: 3, to: 3 });
  });
});
