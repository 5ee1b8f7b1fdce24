import { describe, expect, it } from "vitest";

import { forwardedClient, plainAddress, trustPeers } from "./trusted-peers.ts";

const from = (address: string) => ({ address, port: 1, localPort: 2, isTls: false });

describe("trusted peers", () => {
  it("are those whose address is in a CIDR or is named", () => {
    const isTrusted = trustPeers(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"]);
    const named = ["10.1.2.3", "192.0.2.7", "2001:db8::5", "::1", "::ffff:10.1.2.3"];
    const others = ["11.0.0.1", "192.0.2.8", "2001:db9::1", "::2", "::ffff:11.0.0.1"];
    expect([...named, ...others].filter((address) => isTrusted(from(address)))).toEqual(named);
  });

  it("are none by default", () => {
    expect(trustPeers([])(from("127.0.0.1"))).toBe(false);
  });

  it("are refused when they are no addresses", () => {
    const bad = ["", "proxy.example", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "1.2.3.4/8/8"];
    for (const cidr of bad) expect(() => trustPeers([cidr])).toThrow(JSON.stringify(cidr));
  });

  it("have seen the last address of their list themselves", () => {
    expect(forwardedClient("203.0.113.9, 198.51.100.1")).toBe("198.51.100.1");
    expect(forwardedClient("2001:db8::1")).toBe("2001:db8::1");
    for (const none of [undefined, "", " ", "203.0.113.9, "]) expect(forwardedClient(none)).toBeUndefined();
  });

  it("of a dual-stack listener are shown as what they are", () => {
    expect(plainAddress("::ffff:10.0.0.1")).toBe("10.0.0.1");
    expect(plainAddress("2001:db8::1")).toBe("2001:db8::1");
  });
});
