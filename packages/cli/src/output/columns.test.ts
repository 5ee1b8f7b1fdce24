import { describe, expect, it } from "vitest";

import { columnsOf, cutTo, padTo } from "./columns.ts";

describe("columnsOf", () => {
  it.each([
    ["plain", 5],
    ["größe", 5],
    ["cafe\u0301", 4],
    ["東京", 4],
    ["ｆｕｌｌ", 8],
    ["한국", 4],
    ["up 🚀", 5],
    ["…", 1],
  ])("counts %j as %d", (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });
});

describe("cutTo", () => {
  it("never takes more columns than there are, however wide the characters", () => {
    expect(cutTo("shop.example.com", 8)).toBe("shop.ex…");
    expect(cutTo("東京都庁", 8)).toBe("東京都庁");
    expect(cutTo("東京都庁", 6)).toBe("東京…");
    expect(columnsOf(cutTo("東京都庁", 6))).toBeLessThanOrEqual(6);
  });
});

describe("padTo", () => {
  it("fills up to the width on either side", () => {
    expect([padTo("東", 4), padTo("7", 3, "right"), padTo("long", 2)]).toEqual(["東  ", "  7", "long"]);
  });
});
