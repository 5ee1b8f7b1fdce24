import { describe, expect, it } from "vitest";

import { markOfChange, markOfList } from "./history-mark.ts";
import type { StoredRecord } from "./store.ts";

describe("a history mark", () => {
  it("is the newest record of a list", () => {
    const records = [record("a", 4), record("b", 9), record("c", 2)];
    expect(markOfList({ clusterId: "1", revision: 12, records }, "/p/")).toEqual({
      clusterId: "1",
      revision: 12,
      key: "b",
      modRevision: 9,
    });
  });

  it("of an empty list is that the prefix itself is no key", () => {
    expect(markOfList({ clusterId: "1", revision: 12, records: [] }, "/p/")).toMatchObject({
      key: "/p/",
      modRevision: 0,
    });
  });

  it("moves on with every change, by what was put or else by what was deleted", () => {
    const mark = markOfList({ clusterId: "1", revision: 12, records: [] }, "/p/");
    const afterPut = markOfChange(mark, { revision: 15, puts: [record("a", 15)], deletes: ["b"] });
    expect(afterPut).toEqual({ clusterId: "1", revision: 15, key: "a", modRevision: 15 });
    const afterDelete = markOfChange(afterPut, { revision: 16, puts: [], deletes: ["a"] });
    expect(afterDelete).toEqual({ clusterId: "1", revision: 16, key: "a", modRevision: 0 });
  });
});

function record(key: string, modRevision: number): StoredRecord {
  return { key, value: "", createRevision: 1, modRevision, lease: "0" };
}
