import { describe, expect, it } from "vitest";

import { readByAll } from "./read-by-all.ts";

describe("one iteration for many readers", () => {
  it("gives each reader everything, and makes it once", () => {
    let made = 0;
    const source = (function* () {
      for (; made < 5; made += 1) yield `value ${made}`;
    })();
    const [fast, slow] = readByAll(source, 2).map((reader) => reader[Symbol.iterator]());
    expect(made).toBe(0);
    expect([fast?.next().value, fast?.next().value, slow?.next().value]).toEqual([
      "value 0",
      "value 1",
      "value 0",
    ]);
    expect(made).toBe(1);
    const rest = { [Symbol.iterator]: () => slow ?? [].values() };
    expect([...rest]).toEqual(["value 1", "value 2", "value 3", "value 4"]);
    expect([fast?.next().value, fast?.next().value, fast?.next().value]).toEqual([
      "value 2",
      "value 3",
      "value 4",
    ]);
    expect(fast?.next().done).toBe(true);
    expect(made).toBe(5);
  });

  it("reads nothing for nobody", () => {
    expect(readByAll([1, 2, 3], 0)).toEqual([]);
  });
});
