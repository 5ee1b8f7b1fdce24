import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { HeldRemovals, isSuspiciousShrink } from "./shrink-guard.ts";

describe("a shrink", () => {
  it.each([
    { before: 100, missing: 51, is: true },
    { before: 100, missing: 50, is: false },
    { before: 10, missing: 10, is: true },
    { before: 9, missing: 9, is: false },
    { before: 1000, missing: 10, is: false },
  ])("of $missing of $before is suspicious: $is", ({ before, missing, is }) => {
    expect(isSuspiciousShrink({ before, missing })).toBe(is);
  });
});

const many = Array.from({ length: 20 }, (_, index) => `key${index}`);
const shrinks = (keys: readonly string[]): { before: number; missing: number }[] => [
  { before: 20, missing: keys.length },
];

describe("held removals", () => {
  it("are held for the whole time from the first re-list on, and believed after it", () => {
    const held = new HeldRemovals();
    expect(held.decide({ keys: many, shrinks, isOtherStore: false, holdMs: 100, now: 0 })).toEqual({
      remove: [],
      hold: many,
    });
    expect(held.decide({ keys: many, shrinks, isOtherStore: false, holdMs: 100, now: 99 })).toEqual({
      remove: [],
      hold: many,
    });
    expect(held.current).toMatchObject({ since: 0, until: 100 });
    expect(held.decide({ keys: many, shrinks, isOtherStore: false, holdMs: 100, now: 100 })).toEqual({
      remove: many,
      hold: [],
    });
    expect(held.current).toBeUndefined();
  });

  it("do not vouch for a second disaster", () => {
    const held = new HeldRemovals();
    held.decide({ keys: many.slice(0, 11), shrinks, isOtherStore: false, holdMs: 100, now: 0 });
    const second = held.decide({
      keys: many,
      shrinks: () => [{ before: 9, missing: 20 }],
      isOtherStore: false,
      holdMs: 100,
      now: 100,
    });
    expect(second).toEqual({ remove: many.slice(0, 11), hold: many.slice(11) });
    expect(held.current).toMatchObject({ since: 100, until: 200 });
  });

  it("are held when the store is another one, however few, and no less by the next re-list", () => {
    const held = new HeldRemovals();
    const few = many.slice(0, 2);
    const other = { keys: few, shrinks: () => [], isOtherStore: true, holdMs: 100 };
    expect(held.decide({ ...other, now: 0 })).toEqual({ remove: [], hold: few });
    const next = { ...other, keys: many.slice(0, 3), isOtherStore: false };
    expect(held.decide({ ...next, now: 50 })).toEqual({ remove: many.slice(2, 3), hold: few });
    expect(held.decide({ ...next, now: 100 })).toEqual({ remove: many.slice(0, 3), hold: [] });
  });

  it("are not held when nothing may be held", () => {
    expect(
      new HeldRemovals().decide({ keys: many, shrinks, isOtherStore: false, holdMs: 0, now: 0 }).remove,
    ).toEqual(many);
  });

  it("are each either removed or held", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.subarray(many), fc.nat({ max: 80 }))), (lists) => {
        const held = new HeldRemovals();
        let now = 0;
        for (const [keys, ms] of lists) {
          now += ms;
          const { remove, hold } = held.decide({ keys, shrinks, isOtherStore: false, holdMs: 100, now });
          expect([...remove, ...hold].toSorted()).toEqual([...keys].toSorted());
          for (const key of hold) expect(held.has(key)).toBe(true);
          for (const key of remove) held.drop(key);
        }
      }),
    );
  });
});
