// One contract, every balancer.

import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";

import type { Ask } from "../ask.ts";
import { began, ended, type InstanceEntry } from "../instance-entry.ts";
import { randomFrom, sampleAsk, sampleEntries, sampleEntry, tally } from "../samples.ts";
import type { Balancer } from "./balancer.ts";
import { BALANCER_KINDS, BALANCERS } from "./create-balancer.ts";

/** Picks `times` times, a new key each time; with no exchange running in between. */
function pickMany(balancer: Balancer, times: number, ask: Ask): string[] {
  return Array.from({ length: times }, (_, at) => {
    ask.hashKey = `client-${at}`;
    return balancer.pick(ask)?.id ?? "nobody";
  });
}

describe.each(BALANCER_KINDS)("%s", (kind) => {
  let balancer: Balancer;
  beforeEach(() => {
    balancer = new BALANCERS[kind]();
  });
  const fill = (entries: readonly InstanceEntry[]): void => entries.forEach((entry) => balancer.add(entry));

  it("picks nobody from nobody", () => {
    expect(balancer.pick(sampleAsk({ hashKey: "a" }))).toBeUndefined();
  });

  it("gives equal instances equal shares", () => {
    fill(sampleEntries(5));
    for (const count of tally(pickMany(balancer, 10_000, sampleAsk())).values()) {
      expect(count).toBeGreaterThan(1_800);
      expect(count).toBeLessThan(2_200);
    }
  });

  it("gives shares by weight", () => {
    fill([sampleEntry("light", { weight: 0.5 }), sampleEntry("one"), sampleEntry("heavy", { weight: 3.5 })]);
    const counts = tally(pickMany(balancer, 10_000, sampleAsk()));
    expect(counts.get("light")).toBeGreaterThan(850);
    expect(counts.get("light")).toBeLessThan(1_150);
    expect(counts.get("heavy")).toBeGreaterThan(6_750);
    expect(counts.get("heavy")).toBeLessThan(7_250);
  });

  it("gives shares by very unequal weights", () => {
    fill([sampleEntry("heavy", { weight: 900 }), ...sampleEntries(100)]);
    const counts = tally(pickMany(balancer, 10_000, sampleAsk()));
    expect(counts.get("heavy")).toBeGreaterThan(8_800);
    expect(counts.get("heavy")).toBeLessThan(9_200);
  });

  it("serves a light instance while the heavy one may not", () => {
    const heavy = sampleEntry("heavy", { weight: 1_000_000 });
    fill([heavy, sampleEntry("a"), sampleEntry("b")]);
    const counts = tally(pickMany(balancer, 1_000, sampleAsk({ tried: [heavy] })));
    expect(counts.get("nobody")).toBeUndefined();
    expect(counts.get("a")).toBeGreaterThan(400);
    expect(counts.get("b")).toBeGreaterThan(400);
  });

  it("finds the only one of 300 that may serve", () => {
    const entries = sampleEntries(300, { weight: 2 });
    fill(entries);
    for (const entry of entries) if (entry.id !== "i217") entry.ejectedUntil = 2_000_000;
    expect(balancer.pick(sampleAsk({ hashKey: "a" }))?.id).toBe("i217");
  });

  it("tells that a limit is why nobody serves", () => {
    const entries = sampleEntries(3);
    fill(entries);
    entries.forEach(began);
    const ask = sampleAsk({ maxActive: 1, hashKey: "a" });
    expect(balancer.pick(ask)).toBeUndefined();
    expect(ask.metSaturated).toBe(true);
    const [first] = entries;
    if (first !== undefined) ended(first);
    expect(balancer.pick(ask)).toBe(first);
  });

  it("gives a young instance a part of its share, by its age", () => {
    fill([sampleEntry("old"), sampleEntry("young", { since: 997_500 })]);
    const counts = tally(pickMany(balancer, 10_000, sampleAsk({ slowStartMs: 10_000 })));
    // 25 % of its weight, so 1 of 5; least-connections sees it as loaded, and here nobody is.
    const expected = kind === "least-connections" ? 0 : 2_000;
    expect(counts.get("young") ?? 0).toBeGreaterThanOrEqual(expected * 0.7);
    expect(counts.get("young") ?? 0).toBeLessThanOrEqual(expected * 1.3);
  });

  it("serves when all instances are young", () => {
    fill(sampleEntries(3, { since: 999_999 }));
    expect(tally(pickMany(balancer, 300, sampleAsk({ slowStartMs: 10_000 }))).get("nobody")).toBeUndefined();
  });

  it("rehearses what it then does", () => {
    fill([sampleEntry("a", { weight: 3 }), sampleEntry("b"), sampleEntry("c", { weight: 2 })]);
    for (let at = 0; at < 100; at++) {
      const asked = { hashKey: `client-${at}` };
      const rehearsed = balancer.pick(sampleAsk({ ...asked, random: randomFrom(at), isRehearsal: true }));
      expect(balancer.pick(sampleAsk({ ...asked, random: randomFrom(at) }))).toBe(rehearsed);
    }
  });

  it("only ever picks a member that may serve, and one if there is one", { timeout: 60_000 }, () => {
    const step = fc.record({
      what: fc.constantFrom("add", "remove", "began", "ended", "eject", "pick"),
      which: fc.nat(11),
      weight: fc.constantFrom(1, 1, 1, 2, 10),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.constantFrom(undefined, 5_000),
        (steps, slowStartMs) => {
          const subject: Balancer = new BALANCERS[kind]();
          const members = new Map<number, InstanceEntry>();
          for (const [at, { what, which, weight }] of steps.entries()) {
            const now = 1_000_000 + at * 100;
            const ask = sampleAsk({
              now,
              slowStartMs,
              maxActive: 3,
              hashKey: `k${which}`,
              random: randomFrom(at),
            });
            const member = members.get(which);
            if (what === "add" && member === undefined) {
              const entry = sampleEntry(`i${which}`, { weight, since: now });
              members.set(which, entry);
              subject.add(entry);
            } else if (what === "remove" && member !== undefined) {
              members.delete(which);
              subject.remove(member);
            } else if (what === "began" && member !== undefined) began(member);
            else if (what === "ended" && member !== undefined && member.active > 0) ended(member);
            else if (what === "eject" && member !== undefined) member.ejectedUntil = now + 1_000;
            else if (what === "pick") {
              const usable = [...members.values()].filter((one) => one.active < 3 && one.ejectedUntil <= now);
              const picked = subject.pick(ask);
              if (usable.length === 0) expect(picked).toBeUndefined();
              else expect(usable).toContain(picked);
            }
          }
        },
      ),
    );
  });
});
