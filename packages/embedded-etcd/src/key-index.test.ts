import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { KeyIndex } from "./key-index.ts";

const key = fc.string({ unit: "binary-ascii", maxLength: 4 });

function indexOf(keys: readonly string[]): KeyIndex<{ key: string }> {
  const index = new KeyIndex<{ key: string }>();
  for (const each of keys) index.add({ key: each });
  return index;
}

describe("a key index", () => {
  it("gives the keys of any range in order, however they came", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 200 }), key, key, (keys, from, to) => {
        const found = [...indexOf(keys).inRange({ from, to })].map((entry) => entry.key);
        expect(found).toEqual(keys.filter((each) => each >= from && each < to).toSorted());
      }),
    );
  });

  it("stays in order over many chunks, and finds each key and no other", () => {
    const keys = Array.from({ length: 5_000 }, (_, n) => String((n * 7_919) % 5_000));
    const index = indexOf(keys);
    expect([...index.all()].map((entry) => entry.key)).toEqual(keys.toSorted());
    expect(keys.every((each) => index.find(each)?.key === each)).toBe(true);
    expect(index.find("50000")).toBeUndefined();
    index.retain((entry) => entry.key.endsWith("1"));
    expect([...index.all()].map((entry) => entry.key)).toEqual(
      keys.filter((each) => each.endsWith("1")).toSorted(),
    );
    index.add({ key: "2" });
    expect(index.find("2")).toBeDefined();
  });
});
