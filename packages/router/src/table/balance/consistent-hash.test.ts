import { describe, expect, it } from "vitest";

import { began } from "../instance-entry.ts";
import { sampleAsk, sampleEntries, sampleEntry, tally } from "../samples.ts";
import { ConsistentHash } from "./consistent-hash.ts";

const KEYS = Array.from({ length: 10_000 }, (_, at) => `203.0.113.${at}`);

function homes(balancer: ConsistentHash): (string | undefined)[] {
  return KEYS.map((hashKey) => balancer.pick(sampleAsk({ hashKey }))?.id);
}

function filled(entries: ReturnType<typeof sampleEntries>): ConsistentHash {
  const balancer = new ConsistentHash();
  entries.forEach((entry) => balancer.add(entry));
  return balancer;
}

describe("hash", () => {
  it("gives one key one instance, in whatever order they came", () => {
    const entries = sampleEntries(10);
    expect(homes(filled(entries))).toEqual(homes(filled(entries.toReversed())));
  });

  it.each([1, 2.5])("moves only the share of the one that goes (weights up to %d)", (weight) => {
    const entries = [...sampleEntries(9), sampleEntry("goes", { weight })];
    const balancer = filled(entries);
    const before = homes(balancer);
    balancer.remove(entries[9] ?? sampleEntry("none"));
    const after = homes(balancer);
    for (const [at, home] of before.entries()) if (home !== "goes") expect(after[at]).toBe(home);
    // And those spread over all that stay.
    const moved = tally(after.filter((_, at) => before[at] === "goes"));
    expect(moved.size).toBe(9);
  });

  it("keeps a browser's parallel requests on one instance", () => {
    const balancer = filled(sampleEntries(10));
    const ids = Array.from({ length: 8 }, () => {
      const entry = balancer.pick(sampleAsk({ hashKey: "one client" }));
      if (entry !== undefined) began(entry);
      return entry?.id;
    });
    expect(tally(ids).size).toBe(1);
  });

  it("lets no instance run more than 1.25 times its part", () => {
    const entries = sampleEntries(10);
    const balancer = filled(entries);
    for (let at = 0; at < 1_000; at++) {
      const entry = balancer.pick(sampleAsk({ hashKey: "everybody behind one address" }));
      if (entry !== undefined) began(entry);
    }
    const busiest = Math.max(...entries.map((entry) => entry.active));
    expect(busiest).toBeLessThanOrEqual(126);
    // It is bounded, not balanced: eight full ones serve the key, the last ones hardly.
    expect(Math.min(...entries.map((entry) => entry.active))).toBeLessThan(50);
  });
});
