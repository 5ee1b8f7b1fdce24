import { describe, expect, it } from "vitest";

import { randomFrom, sampleAsk, sampleEntries, sampleEntry, tally } from "../samples.ts";
import { RoundRobin } from "./round-robin.ts";

function pickIds(balancer: RoundRobin, times: number): (string | undefined)[] {
  return Array.from({ length: times }, () => balancer.pick(sampleAsk())?.id);
}

describe("round-robin", () => {
  it("takes instances in turn", () => {
    const balancer = new RoundRobin();
    sampleEntries(3).forEach((entry) => balancer.add(entry));
    expect(pickIds(balancer, 7)).toEqual(["i0", "i1", "i2", "i0", "i1", "i2", "i0"]);
  });

  it("goes on where it was when an instance joins or leaves", () => {
    const balancer = new RoundRobin();
    const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => sampleEntry(id));
    for (const entry of [a, b, c]) if (entry !== undefined) balancer.add(entry);
    expect(pickIds(balancer, 2)).toEqual(["a", "b"]);
    if (d !== undefined) balancer.add(d);
    expect(pickIds(balancer, 3)).toEqual(["c", "d", "a"]);
    if (a !== undefined) balancer.remove(a);
    expect(pickIds(balancer, 3)).toEqual(["b", "c", "d"]);
    if (b !== undefined) balancer.remove(b);
    expect(pickIds(balancer, 2)).toEqual(["c", "d"]);
  });

  it("gives no burst to the first instance while one joins before every pick", () => {
    const balancer = new RoundRobin();
    sampleEntries(10).forEach((entry) => balancer.add(entry));
    const picked = Array.from({ length: 200 }, (_, at) => {
      balancer.add(sampleEntry(`new${at}`));
      return balancer.pick(sampleAsk())?.id;
    });
    expect(Math.max(...tally(picked).values())).toBe(1);
  });

  it("gives everybody the same, give or take one, while members come and go", () => {
    const balancer = new RoundRobin();
    const staying = sampleEntries(10);
    staying.forEach((entry) => balancer.add(entry));
    const random = randomFrom(7);
    const counts = new Map(staying.map((entry) => [entry.id, 0]));
    for (let at = 0; at < 2_000; at++) {
      const passing = sampleEntry(`passing${at}`);
      balancer.add(passing);
      const id = balancer.pick(sampleAsk())?.id ?? "";
      if (random() < 0.9) balancer.remove(passing);
      const count = counts.get(id);
      if (count !== undefined) counts.set(id, count + 1);
    }
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it("keeps weights exact within one pick", () => {
    const balancer = new RoundRobin();
    const weights = { a: 90, b: 9, c: 1 };
    for (const [id, weight] of Object.entries(weights)) balancer.add(sampleEntry(id, { weight }));
    const counts = tally(pickIds(balancer, 10_000));
    for (const [id, weight] of Object.entries(weights)) {
      expect(Math.abs((counts.get(id) ?? 0) - weight * 100)).toBeLessThanOrEqual(1);
    }
  });

  it("keeps weights exact among those who may serve", () => {
    const balancer = new RoundRobin();
    const out = sampleEntry("out", { weight: 1_000_000 });
    out.ejectedUntil = 2_000_000;
    for (const entry of [out, sampleEntry("three", { weight: 3 }), sampleEntry("one", { weight: 1 })])
      balancer.add(entry);
    const picked = pickIds(balancer, 1_000);
    expect(Math.abs((tally(picked).get("one") ?? 0) - 250)).toBeLessThanOrEqual(1);
    expect(picked.join()).not.toMatch(/one,one|three,three,three,three/);
  });

  it("spreads the picks of light instances over the rounds", () => {
    const balancer = new RoundRobin();
    balancer.add(sampleEntry("heavy", { weight: 10 }));
    for (let at = 0; at < 10; at++) balancer.add(sampleEntry(`light${at}`, { weight: 1 }));
    const picked = pickIds(balancer, 400).map((id) => (id === "heavy" ? "h" : "l"));
    expect(picked.join("")).not.toMatch(/hhhhh|lllll/);
  });
});
