import { describe, expect, it } from "vitest";

import { createFieldLookup } from "./field-lookup.ts";

describe("a lookup of header names", () => {
  const lookup = createFieldLookup({ via: "via", "x-forwarded-for": "for", "x-request-start": "start" });

  it("finds a name in any case", () => {
    for (const name of ["via", "Via", "VIA", "vIa"]) expect(lookup(name)).toBe("via");
    expect(lookup("X-Forwarded-For")).toBe("for");
    expect(lookup("X-Request-Start")).toBe("start");
  });

  it("knows no other name of the same length or first letter", () => {
    const others = ["vib", "vi", "Viaa", "", "x-forwarded-fox", "\u0056ix"];
    expect(others.filter((name) => lookup(name) !== undefined)).toEqual([]);
  });
});
