import { describe, expect, it } from "vitest";

import { parseRequestTarget } from "./request-target.ts";

const read = (method: string, target: string): unknown => {
  const parsed = parseRequestTarget(method, target);
  return parsed.ok ? parsed.value : "refused";
};

describe("a request target", () => {
  it("in origin-form is sent on untouched, and its path ends before the query", () => {
    expect(read("GET", "/a//b/../c?x=/y?z")).toEqual({
      authority: undefined,
      target: "/a//b/../c?x=/y?z",
      path: "/a//b/../c",
    });
    expect(read("GET", "//host/a")).toEqual({
      authority: undefined,
      target: "//host/a",
      path: "//host/a",
    });
    expect(read("GET", '/a|b{c}"^`')).toMatchObject({ target: '/a|b{c}"^`' });
  });

  it("in absolute-form names the authority and is sent on in origin-form", () => {
    expect(read("GET", "http://Shop.example:81/a?b")).toEqual({
      authority: "Shop.example:81",
      target: "/a?b",
      path: "/a",
    });
    expect(read("GET", "HTTPS://shop.example")).toEqual({
      authority: "shop.example",
      target: "/",
      path: "/",
    });
    expect(read("GET", "http://shop.example?q")).toEqual({
      authority: "shop.example",
      target: "/?q",
      path: "/",
    });
    expect(read("GET", "http:///a")).toBe("refused");
    expect(read("GET", "ftp://shop.example/a")).toBe("refused");
  });

  it("in asterisk-form is for OPTIONS, also where an absolute-form has no path", () => {
    expect(read("OPTIONS", "*")).toEqual({ authority: undefined, target: "*", path: "/" });
    expect(read("OPTIONS", "http://shop.example")).toEqual({
      authority: "shop.example",
      target: "*",
      path: "/",
    });
    expect(read("GET", "*")).toBe("refused");
  });

  it("is refused in authority-form, with a fragment, and with characters that none has", () => {
    expect(read("CONNECT", "shop.example:443")).toBe("refused");
    expect(read("GET", "shop.example:443")).toBe("refused");
    const bad = ["", "/a#b", "/a b", "/a\tb", "/a\u0000", "/\u00e4", "/\u007f", "a"];
    expect(bad.filter((target) => read("GET", target) !== "refused")).toEqual([]);
  });
});
