import { describe, expect, it } from "vitest";

import { wrapHelp } from "./wrap-help.ts";

const TEXT = `
One sentence that goes
on over lines. Another one.

Examples:
  wayleave routes set shop.example.com --to shop@v1=90 --to shop@v2=10
  wayleave routes ls

--json prints {}.`;

describe("wrapHelp", () => {
  it("fits prose to the width and leaves examples alone", () => {
    expect(wrapHelp(TEXT, 45)).toBe(`
One sentence that goes on over lines. Another
one.

Examples:
  wayleave routes set shop.example.com --to shop@v1=90 --to shop@v2=10
  wayleave routes ls

--json prints {}.`);
  });
});
