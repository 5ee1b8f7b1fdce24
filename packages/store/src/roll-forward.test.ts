import { describe, expect, it } from "vitest";

import { rollForward } from "./roll-forward.ts";
import type { Change, StoredRecord } from "./store.ts";

describe("rollForward", () => {
  it("applies what came after the list, in order", () => {
    const listed = { revision: 10, records: [record("a", 3), record("b", 10)] };
    const changes: Change[] = [
      { revision: 11, puts: [record("c", 11)], deletes: ["a"] },
      { revision: 13, puts: [record("a", 13), record("b", 13)], deletes: ["c"] },
    ];
    const { revision, records } = rollForward(listed, changes);
    expect(revision).toBe(13);
    expect(records.map(({ key, modRevision }) => `${key}@${modRevision}`).toSorted()).toEqual([
      "a@13",
      "b@13",
    ]);
  });

  it("does not apply again what the list has already", () => {
    const listed = { revision: 10, records: [record("a", 10)] };
    expect(rollForward(listed, [{ revision: 9, puts: [record("a", 9)], deletes: [] }])).toBe(listed);
    expect(rollForward(listed, [{ revision: 10, puts: [], deletes: ["a"] }])).toBe(listed);
  });
});

function record(key: string, modRevision: number): StoredRecord {
  return { key, value: "", createRevision: 1, modRevision, lease: "0" };
}
