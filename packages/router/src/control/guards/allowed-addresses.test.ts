import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { PlatformAddresses } from "../platform-addresses.ts";
import { allowedAddresses } from "./allowed-addresses.ts";

const NOTHING = new PlatformAddresses();
const etcd = new PlatformAddresses();
for (const address of ["10.0.0.9", "fd00::9"]) etcd.add({ address, port: 2379 });
const usual = allowedAddresses({ cidrs: [], forbidden: etcd });

describe("the allowed addresses", () => {
  it.each(["10.0.0.1", "127.0.0.1", "192.168.1.1", "8.8.8.8", "::1", "2001:db8::1", "fd00::1"])(
    "have %s in them unless a range is given",
    (address) => {
      expect(usual(address, 80)).toBeUndefined();
    },
  );

  it.each([
    "169.254.169.254",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "fe80::1",
    "ff02::1",
    "::",
    "fd00:ec2::254",
    "64:ff9b::a9fe:a9fe",
    "168.63.129.16",
  ])("do not have %s in them", (address) => {
    expect(usual(address, 80)).toContain("no instance may be in");
    expect(allowedAddresses({ cidrs: ["0.0.0.0/0", "::/0"], forbidden: NOTHING })(address, 80)).toBeDefined();
  });

  it("do not have etcd in them, but have what else is at its address", () => {
    expect(usual("10.0.0.9", 2379)).toContain("of the platform itself");
    expect(usual("fd00::9", 2379)).toContain("of the platform itself");
    expect(usual("10.0.0.9", 80)).toBeUndefined();
  });

  it("are only those that are listed, when some are", () => {
    const listed = allowedAddresses({
      cidrs: ["10.1.0.0/16", "fd00::/8", "192.0.2.7"],
      forbidden: NOTHING,
    });
    expect(listed("10.1.2.3", 80)).toBeUndefined();
    expect(listed("fd12::1", 80)).toBeUndefined();
    expect(listed("192.0.2.7", 80)).toBeUndefined();
    expect(listed("10.2.0.1", 80)).toContain("in no allowed range");
    expect(listed("2001:db8::1", 80)).toContain("in no allowed range");
  });

  it("have link-local ones in them only when that very range is listed", () => {
    const listed = allowedAddresses({ cidrs: ["169.254.10.0/24"], forbidden: NOTHING });
    expect(listed("169.254.10.5", 80)).toBeUndefined();
    expect(listed("169.254.169.254", 80)).toBeDefined();
  });

  it.each(["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "lan", "", "10.0.0.0/", "10.0.0.256/8", "::/129"])(
    "cannot be made of %j",
    (cidr) => {
      expect(() => allowedAddresses({ cidrs: [cidr], forbidden: NOTHING })).toThrow(RangeError);
    },
  );

  it("agree with arithmetic for every IPv4 range", () => {
    const number = fc.nat({ max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(number, fc.integer({ min: 1, max: 32 }), number, (base, bits, address) => {
        fc.pre(usual(dotted(base), 80) === undefined && usual(dotted(address), 80) === undefined);
        const isInside = Math.floor(base / 2 ** (32 - bits)) === Math.floor(address / 2 ** (32 - bits));
        const check = allowedAddresses({ cidrs: [`${dotted(base)}/${bits}`], forbidden: NOTHING });
        expect(check(dotted(address), 80) === undefined).toBe(isInside);
        expect(check(dotted(base), 80)).toBeUndefined();
      }),
    );
  });
});

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}
