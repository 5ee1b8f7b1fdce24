import { describe, expect, it } from "vitest";

import type { RequestHead } from "./exchange.ts";
import { worldOf } from "./testing/exchange-world.ts";

const nine = (head: Partial<RequestHead>): Partial<RequestHead>[] => Array.from({ length: 9 }, () => head);
const sameFor = (
  hash: "client-address" | { header: string } | { cookie: string },
  heads: Partial<RequestHead>[],
) => {
  const { open } = worldOf({ instances: ["i1", "i2", "i3", "i4", "i5"], route: { balance: { hash } } });
  return new Set(heads.map((head) => open(head).instance?.id)).size;
};
const withField = (name: string, value: string) => ({ rawHeaders: ["Host", "shop.example", name, value] });
const values = Array.from({ length: 40 }, (_, index) => `value-${index}`);

describe("balance by hash", () => {
  it("keeps a header's, a cookie's or an address's requests together", () => {
    expect(sameFor({ header: "X-Tenant" }, nine(withField("x-tenant", "a")))).toBe(1);
    expect(sameFor({ cookie: "SID" }, nine(withField("Cookie", "a=b; SID=1")))).toBe(1);
    expect(sameFor("client-address", nine({}))).toBe(1);
  });

  it("spreads those of different ones", () => {
    expect(
      sameFor(
        { header: "X-Tenant" },
        values.map((value) => withField("X-Tenant", value)),
      ),
    ).toBe(5);
    expect(
      sameFor(
        { cookie: "SID" },
        values.map((value) => withField("Cookie", `SID=${value}`)),
      ),
    ).toBe(5);
  });
});
