import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LinkedList, type Listed } from "./linked-list.ts";

class Member implements Listed<Member> {
  readonly name: number;
  before: Member | undefined;
  behind: Member | undefined;

  constructor(name: number) {
    this.name = name;
  }
}

const namesIn = (list: LinkedList<Member>): number[] => [...list].map(({ name }) => name);

describe("a linked list", () => {
  it("holds what a Set would, in the same order, whatever is added and deleted", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (steps) => {
        const members = Array.from({ length: 10 }, (_, name) => new Member(name));
        const list = new LinkedList<Member>();
        const set = new Set<Member>();
        for (const [isAdded, name] of steps) {
          const member = members[name] ?? expect.fail();
          if (!isAdded) list.delete(member);
          else if (!set.has(member)) list.add(member);
          if (isAdded) set.add(member);
          else set.delete(member);
          expect(namesIn(list)).toEqual([...set].map((one) => one.name));
          expect(list.size).toBe(set.size);
          expect(list.first).toBe([...set][0]);
          expect(list.last).toBe([...set].at(-1));
        }
      }),
    );
  });

  it("goes through those that were in it, also when they leave meanwhile", () => {
    const list = new LinkedList<Member>();
    const members = [1, 2, 3].map((name) => new Member(name));
    for (const member of members) list.add(member);
    const seen: number[] = [];
    for (const { name } of list) {
      for (const member of members) list.delete(member);
      seen.push(name);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(namesIn(list)).toEqual([]);
  });

  it("leaves nothing of others at one that left", () => {
    const list = new LinkedList<Member>();
    const [left, middle, right] = [new Member(1), new Member(2), new Member(3)];
    for (const member of [left, middle, right]) list.add(member);
    list.delete(middle);
    expect([middle.before, middle.behind]).toEqual([undefined, undefined]);
    expect(namesIn(list)).toEqual([1, 3]);
  });
});
