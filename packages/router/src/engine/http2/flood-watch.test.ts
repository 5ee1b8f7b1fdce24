import { describe, expect, it } from "vitest";

import { FloodWatch } from "./flood-watch.ts";

const KIBIBYTE = 1024;

describe("what a client may do only so often", () => {
  it("is a flood when there is more than the bucket holds, and none again when that has filled up", () => {
    const watch = new FloodWatch();
    for (let count = 0; count < 20; count++) expect(watch.isFlood("settings", 0)).toBe(false);
    expect(watch.isFlood("settings", 0)).toBe(true);
    expect(watch.isFlood("settings", 2_000)).toBe(false);
  });

  it("is less on a new connection than on one that has been there for a while", () => {
    const fresh = new FloodWatch();
    expect(fresh.isFlood("frames", 0, 65 * KIBIBYTE)).toBe(true);
    const known = new FloodWatch();
    known.isFlood("frames", 0, 0);
    expect(known.isFlood("frames", 60_000, 256 * KIBIBYTE)).toBe(false);
    expect(known.isFlood("frames", 60_000, 1)).toBe(true);
  });

  it("is given back, up to what the bucket holds", () => {
    const watch = new FloodWatch();
    watch.isFlood("reset", 0, 200);
    for (let count = 0; count < 300; count++) watch.isFlood("reset", 0, -1);
    expect(watch.isFlood("reset", 0, 200)).toBe(false);
    expect(watch.isFlood("reset", 0)).toBe(true);
  });
});
