import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { MASS_EXPIRY_WINDOW_MS, VanishedRecords, isMassExpiry } from "./mass-expiry.ts";

describe("a mass expiry", () => {
  it.each([
    { vanished: 10, remaining: 9, is: true },
    { vanished: 10, remaining: 10, is: false },
    { vanished: 9, remaining: 0, is: false },
  ])("is $vanished gone and $remaining left: $is", ({ vanished, remaining, is }) => {
    expect(isMassExpiry(vanished, remaining)).toBe(is);
  });
});

function vanish(records: VanishedRecords<{ key: string }>, count: number, now: number): void {
  for (let index = 0; index < count; index += 1) records.add({ key: `key${index}` }, now);
}

function keepAll(records: VanishedRecords<{ key: string }>, remaining: number, now: number): number {
  const suspects = records.judge({ remaining, now });
  for (const suspect of suspects) records.keep(suspect, now);
  return suspects.length;
}

describe("vanished records", () => {
  it("count for one window, from when they vanished", () => {
    const records = new VanishedRecords<{ key: string }>();
    vanish(records, 9, 0);
    records.add({ key: "last" }, MASS_EXPIRY_WINDOW_MS - 1);
    expect(records.judge({ remaining: 0, now: MASS_EXPIRY_WINDOW_MS - 1 })).toHaveLength(10);
    expect(records.judge({ remaining: 0, now: MASS_EXPIRY_WINDOW_MS })).toHaveLength(0);
  });

  it("do not count when they are back", () => {
    const records = new VanishedRecords<{ key: string }>();
    vanish(records, 9, 0);
    for (let index = 0; index < 9; index += 1) records.drop(`key${index}`);
    records.add({ key: "last" }, 1);
    expect(records.judge({ remaining: 0, now: 1 })).toEqual([]);
  });

  it("are suspects too when they trickle in behind a mass expiry, though few", () => {
    const records = new VanishedRecords<{ key: string }>();
    vanish(records, 20, 0);
    expect(keepAll(records, 10, 0)).toBe(20);
    records.add({ key: "late" }, 10_000);
    expect(keepAll(records, 100, 10_000)).toBe(1);
    records.add({ key: "much later" }, 26_000);
    expect(keepAll(records, 100, 26_000)).toBe(0);
  });

  it("are due after a window, and suspects after their own time", () => {
    const records = new VanishedRecords<{ key: string }>();
    records.add({ key: "alone" }, 0);
    expect(records.due(MASS_EXPIRY_WINDOW_MS - 1, 60_000)).toEqual([]);
    expect(records.due(MASS_EXPIRY_WINDOW_MS, 60_000)).toEqual([{ key: "alone" }]);
    records.drop("alone");
    vanish(records, 10, 0);
    keepAll(records, 0, 0);
    expect(records.due(59_999, 60_000)).toEqual([]);
    expect(records.due(60_000, 60_000)).toHaveLength(10);
  });

  it("are never a suspect and not known", () => {
    const step = fc.tuple(fc.constantFrom("add", "drop", "judge", "wait"), fc.nat({ max: 30 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const records = new VanishedRecords<{ key: string }>();
        let now = 0;
        for (const [what, at] of steps) {
          if (what === "add") records.add({ key: `key${at}` }, now);
          if (what === "drop") records.drop(`key${at}`);
          if (what === "judge") keepAll(records, at, now);
          if (what === "wait") now += at * 1000;
          for (const { key } of records.due(now, 30_000)) records.drop(key);
          const kept = [...records.kept()];
          expect(records.suspectCount).toBeLessThanOrEqual(kept.length);
          for (const record of kept) expect(records.get(record.key)).toBe(record);
        }
      }),
    );
  });
});
