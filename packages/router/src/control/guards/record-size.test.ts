import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { excessOf } from "./record-size.ts";

const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

describe("the size of a record", () => {
  it.each([1, 64])("may be %i levels deep", (levels) => {
    expect(excessOf(nested(levels))).toBeUndefined();
  });

  it.each([65, 100_000])("may not be %i levels deep", (levels) => {
    expect(excessOf(nested(levels))).toContain("64 levels");
  });

  it("does not take the brackets in strings for levels", () => {
    const text = JSON.stringify({ a: "[".repeat(500), b: `\\"${"{".repeat(500)}` });
    expect(excessOf(text)).toBeUndefined();
    expect(excessOf(`${text.slice(0, -1)},"c":${nested(70)}}`)).toBeDefined();
  });

  it("may not be megabytes", () => {
    expect(excessOf(JSON.stringify("x".repeat(300_000)))).toContain("longer than");
  });

  it("is fine for what people write", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 30 }), (json) => {
        expect(excessOf(json)).toBeUndefined();
      }),
    );
  });
});
