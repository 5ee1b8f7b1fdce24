import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { began, type InstanceEntry } from "../instance-entry.ts";
import { InstanceRecord } from "../instance-record.ts";
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

  it("remembers nothing but what it would decide now, whoever comes and goes", () => {
    const step = fc.record({
      what: fc.constantFrom("add", "remove", "remove-home", "eject-home", "weigh", "pick"),
      which: fc.nat(299),
      key: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
        const all = sampleEntries(300);
        const members = new Set(all.slice(0, 230));
        const balancer = filled([...members]);
        const leave = (entry: InstanceEntry | undefined): void => {
          if (entry === undefined || !members.delete(entry)) return;
          balancer.remove(entry);
        };
        for (const { what, which, key } of steps) {
          const entry = all[which];
          const ask = sampleAsk({ hashKey: `client-${key}` });
          const home = what.endsWith("home") ? balancer.pick(ask) : undefined;
          if (home !== undefined && what === "eject-home") home.ejectedUntil = ask.now + 1;
          else if (home !== undefined) leave(home);
          else if (what === "remove") leave(entry);
          else if (entry === undefined) continue;
          else if (what === "add" && !members.has(entry)) {
            members.add(entry);
            balancer.add(entry);
          } else if (what === "weigh") {
            leave(entry);
            entry.record = InstanceRecord.of({ ...entry.record, weight: which % 10 === 0 ? 2 : 1 });
            members.add(entry);
            balancer.add(entry);
          }
          const usable = [...members].filter(({ ejectedUntil }) => ejectedUntil <= ask.now);
          expect(balancer.pick(ask)).toBe(filled(usable).pick(ask));
        }
      }),
    );
  });

  it("forgets keys when they are many, and decides alike", () => {
    const balancer = filled(sampleEntries(250));
    const keys = Array.from({ length: 25_000 }, (_, at) => `key-${at}`);
    const home = (hashKey: string): string | undefined => balancer.pick(sampleAsk({ hashKey }))?.id;
    const before = keys.map(home);
    expect(keys.map(home)).toEqual(before);
  });
});
