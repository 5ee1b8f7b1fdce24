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

Exit codes: 0 ok, 1 failed, 2 usage, 3 not
found, 4 conflict, 5 unreachable, 6 invalid
input.

Examples:
  wayleave routes set shop.example.com --to shop@v1=90 --to shop@v2=10
  wayleave routes ls

--json prints {}.`);
  });

  it("leaves it to a command to say what its own exit codes mean", () => {
    expect(wrapHelp("Exit codes: 7 odd.\n\nExample:\n  wayleave", 80)).toBe(
      "Exit codes: 7 odd.\n\nExample:\n  wayleave",
    );
  });
});
