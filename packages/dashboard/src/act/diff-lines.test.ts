import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { diffLines } from "./diff-lines.ts";

const shown = (before: string, after: string): string =>
  diffLines(before, after)
    .map(({ side, line }) => ({ both: " ", before: "-", after: "+" })[side] + line)
    .join("|");

describe("a difference by lines", () => {
  it("keeps what both have", () => {
    expect(shown("a\nb\nc", "a\nx\nc")).toBe(" a|-b|+x| c");
    expect(shown("a\nb", "a\nb\nc")).toBe(" a| b|+c");
    expect(shown("", "a")).toBe("+a");
    expect(shown("a", "")).toBe("-a");
  });

  it("has each text in it, whole and in order", () => {
    const lines = fc
      .array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 8 })
      .map((all) => all.join("\n"));
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffLines(before, after);
        const without = (side: string): string =>
          diff
            .filter((each) => each.side !== side)
            .map(({ line }) => line)
            .join("\n");
        expect([without("after"), without("before")]).toEqual([before, after]);
      }),
    );
  });
});
