import { describe, expect, it } from "vitest";

import { growingPercent } from "./room-for-garbage.ts";

const MIB = 2 ** 20;

describe("the room that a worker's heap has for garbage", () => {
  it("is a multiple of a small heap, and a part of a large one", () => {
    expect(growingPercent(15 * MIB)).toBe(300);
    expect(growingPercent(128 * MIB)).toBe(100);
    expect(growingPercent(256 * MIB)).toBe(50);
    expect(growingPercent(2_000 * MIB)).toBe(25);
  });
});
