import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { valid } from "./parsed.ts";
import { normalizePath, parsePathPrefix } from "./path.ts";

const anyPath = fc
  .array(fc.constantFrom("/", ".", "..", "a", "%2e", "%2E", "%2f", "%41", "%zz", "%", "b~", "é"), {
    maxLength: 12,
  })
  .map((parts) => `/${parts.join("")}`);

describe("normalizePath", () => {
  it.each([
    ["/", "/"],
    ["/a/b", "/a/b"],
    ["/a/./b", "/a/b"],
    ["/a/../b", "/b"],
    ["/a/b/..", "/a/"],
    ["/a/b/.", "/a/b/"],
    ["/../../a", "/a"],
    ["/a/%2e%2E/b", "/b"],
    ["/%41%7e", "/A~"],
    ["/a%2fb", "/a%2Fb"],
    ["/a/%2e%2e%2fb", "/a/..%2Fb"],
    ["//a//b", "//a//b"],
    ["/.well-known/x", "/.well-known/x"],
    ["/100%", "/100%25"],
    ["/%zz", "/%25zz"],
    ["/%%41a", "/%25Aa"],
    ["/%2%35e", "/%2525e"],
  ])("reads %s as %s", (path, normalized) => {
    expect(normalizePath(path)).toBe(normalized);
  });

  it("leaves alone what it has normalized, and leaves no dot segment", () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const normalized = normalizePath(path);
        expect(normalizePath(normalized)).toBe(normalized);
        expect(normalized.split("/")).not.toContain("..");
        expect(normalized.split("/")).not.toContain(".");
        expect(normalized.startsWith("/")).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("parsePathPrefix", () => {
  it.each([
    ["", "/"],
    ["/", "/"],
    ["/api", "/api"],
    ["/api/", "/api"],
    ["/a/../b/", "/b"],
    ["/%7Euser", "/~user"],
  ])("spells %j as %s", (text, path) => {
    expect(parsePathPrefix(text)).toEqual(valid(path));
  });

  it.each([
    ["api", "does not start with /"],
    ["/a b", "percent-encoded"],
    ["/a?b", "percent-encoded"],
    ["/a#b", "percent-encoded"],
    ["/50%", "percent-encoded"],
    ["/é", "percent-encoded"],
  ])("refuses %j and says %s", (text, word) => {
    expect(parsePathPrefix(text)).toMatchObject({ ok: false, reason: expect.stringContaining(word) });
  });
});
