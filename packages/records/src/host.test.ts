import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseHost } from "./host.ts";
import { valid } from "./parsed.ts";

describe("parseHost", () => {
  it.each([
    ["example.com", "example.com"],
    ["Shop.EXAMPLE.com", "shop.example.com"],
    ["example.com.", "example.com"],
    ["Bücher.example", "xn--bcher-kva.example"],
    ["*.example.com", "*.example.com"],
    ["*", "*"],
    ["localhost", "localhost"],
    ["_acme.example.com", "_acme.example.com"],
    ["10.0.0.1", "10.0.0.1"],
    ["[2001:DB8::0:1]", "[2001:db8::1]"],
  ])("spells %s as %s", (text, host) => {
    expect(parseHost(text)).toEqual(valid(host));
  });

  it.each([
    ["", "empty"],
    ["two words", "character"],
    ["example.com/api", "character"],
    ["user@example.com", "character"],
    ["example.com:8080", "port"],
    ["a..b", "label"],
    ["-a.example", "label"],
    ["a-.example", "label"],
    ["a*.example.com", "label"],
    ["*.*.example.com", "label"],
    ["*.10.0.0.1", "wildcard"],
    ["*.", "empty"],
    [`${"a".repeat(64)}.example`, "label"],
    [`${"abcdefgh.".repeat(29)}example`, "longer"],
    ["exa%6dple.com", "label"],
    ["exa\u0000mple.com", "not a host name"],
  ])("refuses %j and says %s", (text, word) => {
    expect(parseHost(text)).toMatchObject({ ok: false, reason: expect.stringContaining(word) });
  });

  it("leaves alone what it has spelled itself", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.domain(),
          fc.ipV6().map((ip) => `[${ip}]`),
          fc.string(),
        ),
        (text) => {
          const once = parseHost(text);
          if (once.ok) expect(parseHost(once.value)).toEqual(once);
        },
      ),
    );
  });
});
