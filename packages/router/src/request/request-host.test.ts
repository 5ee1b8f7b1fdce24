import { describe, expect, it } from "vitest";

import { parseRequestHost } from "./request-host.ts";

const read = (value: string): unknown => {
  const parsed = parseRequestHost(value);
  return parsed.ok ? parsed.value : "refused";
};

describe("the host of a request", () => {
  it("is matched in lower case, without port and final dot", () => {
    expect(read("shop.example.com")).toEqual({ host: "shop.example.com", port: undefined });
    expect(read("Shop.Example.COM:8080")).toEqual({ host: "shop.example.com", port: "8080" });
    expect(read("shop.example.com.")).toEqual({ host: "shop.example.com", port: undefined });
    expect(read("shop_1.example.com:")).toEqual({ host: "shop_1.example.com", port: undefined });
    expect(read("10.0.0.1:80")).toEqual({ host: "10.0.0.1", port: "80" });
  });

  it("may be an IPv6 literal, in whatever spelling", () => {
    expect(read("[::1]:8080")).toEqual({ host: "[::1]", port: "8080" });
    expect(read("[2001:DB8:0:0::1]")).toEqual({ host: "[2001:db8::1]", port: undefined });
  });

  it("may be empty, for a client that has none", () => {
    expect(read("")).toEqual({ host: "", port: undefined });
  });

  it("is refused with user information, wildcards, lists, escapes and bad ports", () => {
    const bad = [
      "user@shop.example",
      "*.example.com",
      "*",
      "a.example, b.example",
      "a b",
      "a..b",
      ".a",
      "a/b",
      "a\\b",
      "%61.example",
      "shop.example:80a",
      "shop.example:65536",
      "shop.example:123456",
      "shop.example:80:80",
      "[::1",
      "[::1]x",
      "::1",
      "[fe80::1%25eth0]",
      "[10.0.0.1.5]",
      "b\u00fccher.example",
    ];
    expect(bad.filter((value) => read(value) !== "refused")).toEqual([]);
  });
});
