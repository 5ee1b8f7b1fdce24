import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { AddressOwners, type Claim, outranks } from "./address-owners.ts";

const claim: fc.Arbitrary<Claim> = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "e"),
  authority: fc.constantFrom("10.0.0.1:80", "10.0.0.2:80"),
  createRevision: fc.nat({ max: 3 }),
  modRevision: fc.nat({ max: 3 }),
});

describe("outranks", () => {
  it("lets the newer key win, whichever was put last", () => {
    const old = { key: "a", authority: "10.0.0.1:80", createRevision: 1, modRevision: 9 };
    const newer = { key: "b", authority: "10.0.0.1:80", createRevision: 2, modRevision: 2 };
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
          const place = `${each.authority} ${each.key}`;
          if (isAdded) {
            owners.add(each);
            expected.set(place, each);
          } else {
            owners.remove(each);
            expected.delete(place);
          }
        }
        for (const authority of ["10.0.0.1:80", "10.0.0.2:80"]) {
          const claims = [...expected.values()].filter((each) => each.authority === authority);
          const best = claims.find((each) =>
            claims.every((other) => other === each || outranks(each, other)),
          );
          expect(owners.owner(authority)).toBe(best);
          expect(new Set(owners.at(authority))).toEqual(new Set(claims));
          expect(new Map(owners.contested()).has(authority)).toBe(claims.length > 1);
        }
      }),
    );
  });
});
