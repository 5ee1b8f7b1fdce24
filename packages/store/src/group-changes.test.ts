import type { IEvent } from "etcd3";
import { describe, expect, it } from "vitest";

import { ResponseJoiner, groupChanges } from "./group-changes.ts";

describe("groupChanges", () => {
  it("makes one change of all events of a revision", () => {
    const changes = groupChanges([put("a", 5), put("b", 5), deleted("c", 5), put("a", 7)]);
    expect(changes.map(({ revision }) => revision)).toEqual([5, 7]);
    expect(changes[0]?.puts.map(({ key }) => key)).toEqual(["a", "b"]);
    expect(changes[0]?.deletes).toEqual(["c"]);
  });

  it("makes nothing of nothing", () => {
    expect(groupChanges([])).toEqual([]);
  });

  it("reads revisions that 32 bits cannot hold, and refuses those that a number cannot", () => {
    expect(groupChanges([put("a", "9007199254740991")])[0]?.revision).toBe(9_007_199_254_740_991);
    expect(() => groupChanges([put("a", "9007199254740993")])).toThrow(RangeError);
  });
});

describe("ResponseJoiner", () => {
  it("holds fragments back until the last one, also when they cut inside a revision", () => {
    const joiner = new ResponseJoiner();
    expect(joiner.add({ events: [put("a", 5)], fragment: true })).toEqual([]);
    expect(joiner.add({ events: [put("b", 5), put("a", 6)], fragment: true })).toEqual([]);
    const changes = joiner.add({ events: [put("b", 6)], fragment: false });
    expect(changes.map(({ revision, puts }) => [revision, puts.length])).toEqual([
      [5, 2],
      [6, 2],
    ]);
    expect(joiner.add({ events: [put("a", 7)], fragment: false })).toHaveLength(1);
  });
});

function put(key: string, revision: number | string): IEvent {
  return event("Put", key, revision);
}

function deleted(key: string, revision: number): IEvent {
  return event("Delete", key, revision);
}

function event(type: IEvent["type"], key: string, revision: number | string): IEvent {
  const kv = {
    key: Buffer.from(key),
    value: Buffer.from("v"),
    create_revision: "1",
    mod_revision: String(revision),
    version: "1",
    lease: "0",
  };
  return { type, kv, prev_kv: kv };
}
