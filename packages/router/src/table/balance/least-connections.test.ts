import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { began, ended, type InstanceEntry } from "../instance-entry.ts";
import { sampleAsk, sampleEntries, sampleEntry, tally } from "../samples.ts";
import { LeastConnections } from "./least-connections.ts";

function filled(entries: readonly InstanceEntry[]): LeastConnections {
  const balancer = new LeastConnections();
  entries.forEach((entry) => balancer.add(entry));
  return balancer;
}

function open(balancer: LeastConnections): InstanceEntry | undefined {
  const entry = balancer.pick(sampleAsk());
  if (entry !== undefined) began(entry);
  return entry;
}

describe("least-connections", () => {
  it("takes idle instances in turn", () => {
    const balancer = filled(sampleEntries(3));
    const ids = Array.from({ length: 6 }, () => balancer.pick(sampleAsk())?.id);
    expect(ids).toEqual(["i0", "i1", "i2", "i0", "i1", "i2"]);
  });

  it("fills instances by weight", () => {
    const entries = [sampleEntry("small", { weight: 1 }), sampleEntry("large", { weight: 3 })];
    const balancer = filled(entries);
    for (let at = 0; at < 40; at++) open(balancer);
    expect(entries.map((entry) => entry.active)).toEqual([10, 30]);
  });

  it("gives idle instances turns by weight", () => {
    const balancer = filled([sampleEntry("small", { weight: 1 }), sampleEntry("large", { weight: 9 })]);
    const counts = tally(Array.from({ length: 10_000 }, () => balancer.pick(sampleAsk())?.id));
    expect(Math.abs((counts.get("small") ?? 0) - 1_000)).toBeLessThanOrEqual(1);
  });

  it("does not give a newcomer the turns of the past", () => {
    const balancer = filled(sampleEntries(2));
    for (let at = 0; at < 1_000; at++) balancer.pick(sampleAsk());
    balancer.add(sampleEntry("new"));
    const counts = tally(Array.from({ length: 30 }, () => balancer.pick(sampleAsk())?.id));
    expect(counts.get("new")).toBe(10);
  });

  it("gives a young instance less than the others run", () => {
    const old = sampleEntries(2);
    const balancer = filled(old);
    for (let at = 0; at < 20; at++) open(balancer);
    const young = sampleEntry("young", { since: 999_000 });
    balancer.add(young);
    for (let at = 0; at < 100; at++) {
      const picked = balancer.pick(sampleAsk({ slowStartMs: 5_000 }));
      if (picked !== undefined) began(picked);
    }
    // At a fifth of its weight it counts five times as loaded.
    expect(young.active).toBeGreaterThan(5);
    expect(young.active).toBeLessThan((old[0]?.active ?? 0) / 3);
  });

  it("always picks one of the least loaded, whatever ran before", { timeout: 60_000 }, () => {
    const step = fc.record({
      what: fc.constantFrom("open", "open", "open", "end", "leave", "join"),
      which: fc.nat(7),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
        const entries = sampleEntries(8);
        const balancer = filled(entries);
        const members = new Set(entries);
        for (const { what, which } of steps) {
          const entry = entries[which];
          if (entry === undefined) continue;
          if (what === "end" && entry.active > 0) ended(entry);
          if (what === "leave" && members.delete(entry)) balancer.remove(entry);
          if (what === "join" && !members.has(entry)) {
            members.add(entry);
            balancer.add(entry);
          }
          if (what !== "open" || members.size === 0) continue;
          const least = Math.min(...[...members].map((one) => one.active));
          expect(balancer.pick(sampleAsk())?.active).toBe(least);
          open(balancer);
        }
      }),
    );
  });

  it("forgets an instance that left", () => {
    const entry = sampleEntry("a");
    const balancer = filled([entry]);
    balancer.remove(entry);
    expect(entry.seats).toEqual([]);
    expect(balancer.pick(sampleAsk())).toBeUndefined();
  });
});
