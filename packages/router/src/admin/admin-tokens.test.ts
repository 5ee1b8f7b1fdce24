import { describe, expect, it } from "vitest";

import { AdminTokens } from "./admin-tokens.ts";

const NOW = 1_800_000_000_000;

describe("admin tokens", () => {
  it("are told apart by their names; one without is called admin", () => {
    const tokens = new AdminTokens("plain, ops:one:two\nci:three\n");
    expect(
      ["plain", "one:two", "three", "ops:one:two", "", "two"].map((token) => tokens.nameOf(token)),
    ).toEqual(["admin", "ops", "ci", undefined, undefined, undefined]);
    expect(new AdminTokens(undefined).isEmpty).toBe(true);
  });

  it.each(["ops:", "o/p:x", "a:1,a:2", "one,two", ":x"])("may not be %j, and no token is told", (text) => {
    expect(() => new AdminTokens(text)).toThrow(RangeError);
  });

  it("end their sessions when they are taken away", () => {
    const cookie = new AdminTokens("ops:one").sessionCookie("ops", NOW);
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    expect(cookie).not.toContain("one");
    expect(new AdminTokens("ops:one").sessionOf(cookie, NOW)).toBe("ops");
    expect(new AdminTokens("ops:two").sessionOf(cookie, NOW)).toBeUndefined();
    expect(new AdminTokens("ops:one").sessionOf(undefined, NOW)).toBeUndefined();
  });
});
