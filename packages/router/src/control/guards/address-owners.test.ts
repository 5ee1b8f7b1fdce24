import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type AddressKey, AddressOwners, type Claim, addressKey, outranks } from "./address-owners.ts";

const PLACE = addressKey("10.0.0.1", 80);

const claim: fc.Arbitrary<Claim> = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "e"),
  place: fc.constantFrom<AddressKey>(addressKey("10.0.0.1", 80), addressKey("2001:db8::1", 80)),
  createRevision: fc.nat({ max: 3 }),
  modRevision: fc.nat({ max: 3 }),
});

describe("outranks", () => {
  it("lets the newer key win, whichever was put last", () => {
    const old = { key: "a", place: PLACE, createRevision: 1, modRevision: 9 };
    const newer = { key: "b", place: PLACE, createRevision: 2, modRevision: 2 };
    expect(outranks(newer, old)).toBe(true);
    expect(outranks(old, newer)).toBe(false);
  });

  it("always has one winner of two claims, so that all routers agree", () => {
    fc.assert(
      fc.property(claim, claim, (a, b) => {
        fc.pre(a.key !== b.key);
        expect(outranks(a, b)).toBe(!outranks(b, a));
      }),
    );
  });
});

describe("the owners of addresses", () => {
  it("are the best of the claims that were added and not removed, in whatever order that was", () => {
    const step = fc.record({ isAdded: fc.boolean(), claim });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const owners = new AddressOwners<Claim>();
        const expected = new Map<string, Claim>();
        for (const { isAdded, claim: each } of steps) {
          const claimed = `${each.place} ${each.key}`;
          if (isAdded) {
            owners.add(each);
            expected.set(claimed, each);
          } else {
            owners.remove(each);
            expected.delete(claimed);
          }
        }
        for (const place of [addressKey("10.0.0.1", 80), addressKey("2001:db8::1", 80)]) {
          const claims = [...expected.values()].filter((each) => each.place === place);
          const best = claims.find((each) =>
            claims.every((other) => other === each || outranks(each, other)),
          );
          expect(owners.owner(place)).toBe(best);
          expect(new Set(owners.at(place))).toEqual(new Set(claims));
          expect(new Map(owners.contested()).has(place)).toBe(claims.length > 1);
        }
      }),
    );
  });
});
