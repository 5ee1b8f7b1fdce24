import { describe, expect, it } from "vitest";

import { renderTable } from "./table.ts";

const table = {
  headings: ["ROUTE", "TO"],
  rows: [
    ["shop.example.com/", "shop"],
    ["a/", "an-app-with-a-long-name@v1=90, another-one@v2=10"],
  ],
};

describe("renderTable", () => {
  it("writes rows with tabs and no headings for a pipe", () => {
    expect(renderTable(table, undefined)).toBe(
      "shop.example.com/\tshop\na/\tan-app-with-a-long-name@v1=90, another-one@v2=10\n",
    );
  });

  it("pads columns under headings on a terminal", () => {
    expect(renderTable(table, 80).split("\n").slice(0, 3)).toEqual([
      "ROUTE              TO",
      "shop.example.com/  shop",
      "a/                 an-app-with-a-long-name@v1=90, another-one@v2=10",
    ]);
  });

  it("cuts the widest column until every line fits the width", () => {
    const lines = renderTable(table, 40).trimEnd().split("\n");
    expect(lines.map((line) => line.length <= 40)).toEqual([true, true, true]);
    expect(lines[2]).toMatch(/^a\/ +an-app-with-a-long.*…$/);
  });

  it("leaves spare columns out, in their order, before others become unreadable", () => {
    const wide = {
      headings: ["INSTANCE", "ADDRESS", "ZONE", "STATE"],
      rows: [["shop/shop-0123456789abcdef", "10.20.30.40:12345", "eu-central-1a", "ready"]],
      spare: ["ZONE", "ADDRESS"],
    };
    expect(renderTable(wide, 70).split("\n")[0]).toBe(
      "INSTANCE                    ADDRESS            ZONE           STATE",
    );
    expect(renderTable(wide, 52).split("\n")[0]).toMatch(/^INSTANCE +ADDRESS +STATE$/);
    expect(renderTable(wide, 30).split("\n").slice(0, 2)).toEqual([
      "INSTANCE                 STATE",
      "shop/shop-0123456789ab…  ready",
    ]);
    expect(renderTable(wide, undefined)).toContain("eu-central-1a");
  });

  it("ends numbers under each other, and knows how wide characters are", () => {
    const rows = [
      ["東京", "7"],
      ["b", "1,200"],
    ];
    expect(renderTable({ headings: ["A", "RATE"], rows, numbers: ["RATE"] }, 40)).toBe(
      "A      RATE\n東京      7\nb     1,200\n",
    );
  });

  it("shows control characters instead of obeying them", () => {
    const rows = [["\u001B[2Jgone", "a\nb\tc"]];
    expect(renderTable({ headings: ["A", "B"], rows }, undefined)).toBe("\\u{1b}[2Jgone\ta\\u{a}b c\n");
  });

  it("has a line of headings when there are no rows", () => {
    expect(renderTable({ headings: ["A"], rows: [] }, 80)).toBe("A\n");
  });
});
