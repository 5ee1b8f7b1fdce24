import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatAddress, parseAddress, parseAddressAndPort } from "./address.ts";
import { valid } from "./parsed.ts";

describe("parseAddress", () => {
  it.each([
    ["10.0.0.3", "10.0.0.3"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["::", "::"],
    ["::ffff:10.0.0.3", "10.0.0.3"],
    ["::FFFF:a00:3", "10.0.0.3"],
    ["64:ff9b::10.0.0.3", "64:ff9b::a00:3"],
  ])("spells %s as %s", (text, address) => {
    expect(parseAddress(text)).toEqual(valid(address));
  });

  it.each([
    "",
    "localhost",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "0x7f.0.0.1",
    "10.0.0.3:80",
    "[::1]",
    "fe80::1%eth0",
    " 10.0.0.3",
    "::1::",
  ])("refuses %j", (text) => {
    expect(parseAddress(text)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("is not an IP address"),
    });
  });

  it("spells every address in one way", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const once = parseAddress(text);
        expect(once.ok && parseAddress(once.value)).toEqual(once);
      }),
    );
  });
});

describe("parseAddressAndPort", () => {
  it("reads back what formatAddress writes", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.constantFrom("::1", "2001:db8::1")),
        fc.integer({ min: 1, max: 65535 }),
        (address, port) => {
          expect(parseAddressAndPort(formatAddress(address, port))).toEqual(valid({ address, port }));
        },
      ),
    );
  });

  it.each([
    ["10.0.0.3", "ADDRESS:PORT"],
    ["10.0.0.3:0", "port 0"],
    ["10.0.0.3:70000", "port 70000"],
    ["host:80", "not an IP address"],
    ["::1:80", "ADDRESS:PORT"],
    [":80", "not an IP address"],
  ])("refuses %s and says %s", (text, word) => {
    expect(parseAddressAndPort(text)).toMatchObject({ ok: false, reason: expect.stringContaining(word) });
  });
});
