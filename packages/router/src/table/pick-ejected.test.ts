import { describe, expect, it } from "vitest";

import { connectFailed, gatewayFailed } from "./ejection.ts";
import { resolvePolicy } from "./policy.ts";
import { scene } from "./sample-scene.ts";
import { putInstance, sampleChange } from "./samples.ts";

const POLICY = resolvePolicy({}, {});
const shop = [{ app: "shop" }];

describe("ejected instances", () => {
  const now = 1_000_000;

  it("are left out until their time is over", () => {
    const { picks, entry } = scene(shop, { shop: { a: {}, b: {}, c: {} } });
    connectFailed(entry("a"), POLICY, now);
    expect(new Set(picks(10, { now: now + 9_999 }).keys())).toEqual(new Set(["b", "c"]));
    expect(new Set(picks(10, { now: now + 10_000 }).keys())).toEqual(new Set(["a", "b", "c"]));
  });

  it("are used when more than half of the app would be out", () => {
    const { picks, entry } = scene(shop, { shop: { a: {}, b: {}, c: {}, d: {} } });
    connectFailed(entry("a"), POLICY, now);
    connectFailed(entry("b"), POLICY, now);
    expect(picks(8, { now }).size).toBe(2);
    connectFailed(entry("c"), POLICY, now + 5_000);
    expect(picks(8, { now: now + 5_000 }).size).toBe(4);
    expect(new Set(picks(9, { now: now + 10_000 }).keys())).toEqual(new Set(["a", "b", "d"]));
  });

  it("are used when there is no other instance at all", () => {
    const { pick, entry } = scene(shop, { shop: { a: {} } });
    connectFailed(entry("a"), POLICY, now);
    expect(pick({ now })).toBe("a");
  });

  it("count among the suspects where there is nobody else", () => {
    const alone = scene(shop, { shop: { s: { isSuspect: true } } });
    for (let at = 0; at < 5; at++) gatewayFailed(alone.entry("s"), POLICY, now);
    expect(alone.entry("s").ejectedUntil).toBeGreaterThan(now);
    expect(alone.pick({ now })).toBe("s");
    const mixed = scene(shop, { shop: { a: {}, b: {}, s: { isSuspect: true }, t: { isSuspect: true } } });
    for (let at = 0; at < 5; at++)
      for (const id of ["a", "s", "t"]) gatewayFailed(mixed.entry(id), POLICY, now);
    expect([...mixed.picks(4, { now }).keys()]).toEqual(["b"]);
  });

  it("count by version, where a destination selects one", () => {
    const apps = {
      shop: { a: { version: "v1" }, b: { version: "v2" }, c: { version: "v2" }, d: { version: "v2" } },
    };
    const { pick, entry } = scene([{ app: "shop", version: "v1" }], apps);
    connectFailed(entry("a"), POLICY, now);
    expect(pick({ now })).toBe("a");
  });

  it("count only among the ready ones of their version", () => {
    const ids = ["a", "b", "c", "x", "y", "z"];
    const apps = { shop: Object.fromEntries(ids.map((id) => [id, { version: id < "m" ? "v1" : "v2" }])) };
    const { table, picks, entry } = scene([{ app: "shop", version: "v1" }], apps);
    for (const id of ["a", "x", "y", "z"]) connectFailed(entry(id), POLICY, now);
    expect(new Set(picks(6, { now }).keys())).toEqual(new Set(["b", "c"]));
    // One that was out and drains now is out no more, and one that is ready is one less.
    const { address } = entry("a").record;
    table.apply(
      sampleChange(2, {
        instances: [putInstance("shop", "a", { address, version: "v1", state: "draining" })],
      }),
    );
    connectFailed(entry("b"), POLICY, now);
    expect(new Set(picks(6, { now }).keys())).toEqual(new Set(["c"]));
    table.apply(sampleChange(3, { instances: [{ app: "shop", id: "c", instance: null }] }));
    expect(new Set(picks(6, { now }).keys())).toEqual(new Set(["b"]));
  });

  it("make up more than half when others leave", () => {
    const { table, picks, entry } = scene(shop, { shop: { a: {}, b: {}, c: {}, d: {} } });
    for (const id of ["a", "b"]) connectFailed(entry(id), POLICY, now);
    expect(picks(6, { now }).size).toBe(2);
    table.apply(sampleChange(2, { instances: [{ app: "shop", id: "d", instance: null }] }));
    expect(picks(6, { now }).size).toBe(3);
  });

  it("count once, however often they were out", () => {
    const { picks, entry } = scene(shop, { shop: { a: {}, b: {}, c: {} } });
    connectFailed(entry("a"), POLICY, now);
    connectFailed(entry("a"), POLICY, now + 10_000);
    expect(picks(6, { now: now + 10_000 }).size).toBe(2);
  });

  it("count no more once they are gone", () => {
    const { table, picks, entry } = scene(shop, { shop: { a: {}, b: {}, c: {}, d: {} } });
    const [b, c] = [entry("b"), entry("c")];
    connectFailed(entry("a"), POLICY, now);
    connectFailed(b, POLICY, now);
    const gone = ["b", "c"].map((id) => ({ app: "shop", id, instance: null }));
    table.apply(sampleChange(2, { instances: gone }));
    // An exchange that had taken it before fails on it only now.
    connectFailed(c, POLICY, now);
    expect([...picks(4, { now }).keys()]).toEqual(["d"]);
  });
});
