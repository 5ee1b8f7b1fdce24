import { describe, expect, it } from "vitest";

import { sampleEntry } from "../samples.ts";
import { Roster } from "./roster.ts";

describe("a roster", () => {
  it("knows its weights as members come and go", () => {
    const roster = new Roster();
    const [light, one, heavy] = [0.5, 1, 9].map((weight) => sampleEntry(`${weight}`, { weight }));
    if (light === undefined || one === undefined || heavy === undefined) throw new Error("no entries");
    roster.add(heavy);
    expect([roster.isEven, roster.heaviest]).toEqual([true, 9]);
    roster.add(light);
    roster.add(one);
    expect([roster.isEven, roster.heaviest]).toEqual([false, 9]);
    roster.remove(heavy);
    expect([roster.isEven, roster.heaviest]).toEqual([false, 1]);
    roster.remove(light);
    expect([roster.isEven, roster.heaviest]).toEqual([true, 1]);
    roster.remove(one);
    roster.add(light);
    expect([roster.isEven, roster.heaviest]).toEqual([true, 0.5]);
  });

  it("gives the place of who leaves, and keeps the order of who stays", () => {
    const roster = new Roster();
    const entries = ["a", "b", "c"].map((id) => sampleEntry(id));
    entries.forEach((entry) => roster.add(entry));
    expect(roster.remove(entries[1] ?? sampleEntry("none"))).toBe(1);
    expect(roster.remove(sampleEntry("b"))).toBe(-1);
    expect(roster.entries.map((entry) => entry.id)).toEqual(["a", "c"]);
  });
});
