import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { connectFailed } from "./ejection.ts";
import { began, type InstanceEntry } from "./instance-entry.ts";
import { resolvePolicy } from "./policy.ts";
import { scene } from "./sample-scene.ts";
import { type InstanceFields, putInstance, putRoute, sampleChange, sampleOptions } from "./samples.ts";

/** Random cases take a while on a busy machine. */
const PATIENT = { timeout: 60_000 };
const POLICY = resolvePolicy({}, {});

const shop = [{ app: "shop" }];

describe("who may serve", () => {
  it("is nobody where the app has no instance", () => {
    expect(scene(shop, {}).pick()).toBe("no-instances");
    expect(scene(shop, { blog: { b: {} } }).pick()).toBe("no-instances");
  });

  it("is nobody who drains or has a weight of 0", () => {
    expect(scene(shop, { shop: { a: { state: "draining" }, b: { weight: 0 } } }).pick()).toBe("no-instances");
  });

  it("is nobody tried before", () => {
    const { pick, entry } = scene(shop, { shop: { a: {}, b: {} } });
    expect(pick({ tried: [entry("a")] })).toBe("b");
    expect(pick({ tried: [entry("a"), entry("b")] })).toBe("no-instances");
  });

  it("is nobody at the connection limit, and says so", () => {
    const { pick, entry } = scene(shop, { shop: { a: {}, b: {} } });
    const policy = { ...POLICY, connectionsPerInstance: 1 };
    began(entry("a"));
    expect(pick({ policy })).toBe("b");
    began(entry("b"));
    expect(pick({ policy })).toBe("instances-saturated");
    expect(pick({ policy, tried: [entry("a"), entry("b")] })).toBe("no-instances");
  });

  it("is the router's own zone first, while somebody there may serve", () => {
    const { picks, entry } = scene(
      shop,
      { shop: { near: { zone: "z1" }, far: { zone: "z2" }, none: {} } },
      "z1",
    );
    expect([...picks(10).keys()]).toEqual(["near"]);
    expect(picks(10, { tried: [entry("near")] })).toEqual(
      new Map([
        ["far", 5],
        ["none", 5],
      ]),
    );
  });

  it("is a suspect only when there is nothing better", () => {
    const { pick, picks, entry } = scene(shop, { shop: { s: { isSuspect: true }, a: {} } });
    expect([...picks(10).keys()]).toEqual(["a"]);
    expect(pick({ tried: [entry("a")] })).toBe("s");
  });

  it("is no suspect that has refused", () => {
    const { pick, entry } = scene(shop, { shop: { s: { isSuspect: true } } });
    expect(pick()).toBe("s");
    expect(connectFailed(entry("s"), POLICY, 0)).toBe("dropped");
    expect(pick()).toBe("no-instances");
  });

  it("is everybody again when a suspect's record comes back", () => {
    const { table, pick, entry } = scene(shop, { shop: { s: { isSuspect: true } } });
    const dropped = entry("s");
    connectFailed(dropped, POLICY, 0);
    const { address } = dropped.record;
    table.apply(sampleChange(2, { instances: [putInstance("shop", "s", { address })] }));
    expect(pick()).toBe("s");
    expect(entry("s")).not.toBe(dropped);
  });
});

describe("a new record of an instance", () => {
  const old = { zone: "z1", version: "v1", since: 0 };

  it.each<[string, InstanceFields]>([
    ["state", { state: "draining" }],
    ["suspicion", { isSuspect: true }],
    ["zone", { zone: "z2" }],
    ["version", { version: "v2" }],
    ["weight", { weight: 0 }],
    ["age", { since: 999_999 }],
  ])("counts at once when it is about its %s", (_, fields) => {
    const { table, picks, entry } = scene(
      [{ app: "shop", version: "v1" }],
      { shop: { a: old, b: old } },
      "z1",
    );
    const parts = { policy: { ...POLICY, slowStartMs: 10_000 } };
    expect(picks(20, parts).get("a")).toBe(10);
    const { address } = entry("a").record;
    table.apply(sampleChange(2, { instances: [putInstance("shop", "a", { ...old, address, ...fields })] }));
    expect(picks(20, parts).get("a") ?? 0).toBeLessThan(4);
    table.apply(sampleChange(3, { instances: [putInstance("shop", "a", { ...old, address })] }));
    expect(picks(20, parts).get("a")).toBeGreaterThanOrEqual(9);
  });
});

describe("destinations", () => {
  const canary = [
    { app: "shop", version: "v1", weight: 90 },
    { app: "shop", version: "v2", weight: 10 },
  ];
  const versions = { shop: { a: { version: "v1" }, b: { version: "v1" }, c: { version: "v2" }, d: {} } };

  it("get exactly their shares", () => {
    expect(scene(canary, versions).picks(10_000)).toEqual(
      new Map([
        ["a", 4_500],
        ["b", 4_500],
        ["c", 1_000],
      ]),
    );
  });

  it("get exactly their shares, whatever the weights", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const to = weights.map((weight, at) => ({ app: `app${at}`, weight }));
        const apps = Object.fromEntries(weights.map((_, at) => [`app${at}`, { [`${at}`]: {} }]));
        const counts = scene(to, apps).picks(1_000);
        const sum = weights.reduce((total, weight) => total + weight, 0);
        if (sum === 0) expect(counts).toEqual(new Map([["no-instances", 1_000]]));
        else {
          for (const [at, weight] of weights.entries()) {
            expect(Math.abs((counts.get(`${at}`) ?? 0) - (1_000 * weight) / sum)).toBeLessThan(
              weights.length,
            );
          }
        }
      }),
    );
  });

  it("without an instance to serve leave their share to the others, and come back without a burst", () => {
    const { table, picks } = scene(canary, versions);
    table.apply(sampleChange(2, { instances: [{ app: "shop", id: "c", instance: null }] }));
    expect(picks(1_000)).toEqual(
      new Map([
        ["a", 500],
        ["b", 500],
      ]),
    );
    table.apply(sampleChange(3, { instances: [putInstance("shop", "c", { version: "v2" })] }));
    expect(picks(100).get("c")).toBe(10);
  });

  it("of weight 0 get nothing, even when nobody else serves", () => {
    const apps = { shop: { a: {} } };
    expect(scene([{ app: "shop", weight: 0 }], apps).pick()).toBe("no-instances");
    expect(scene([{ app: "blog" }, { app: "shop", weight: 0 }], apps).pick()).toBe("no-instances");
  });

  it("keep the turns of an app that two routes lead to", () => {
    const { table, route, pick } = scene(shop, { shop: { a: {}, b: {} } });
    table.apply(sampleChange(2, { routes: [putRoute("other/", shop)] }));
    const other = table.match("other", "/") ?? route;
    expect(pick()).toBe("a");
    expect(table.pick(other, sampleOptions())).toMatchObject({ id: "b" });
    expect(pick()).toBe("a");
  });

  it("follow the versions of instances as they change", () => {
    const { table, pick, entry } = scene([{ app: "shop", version: "v2" }], {
      shop: { a: { version: "v1" } },
    });
    expect(pick()).toBe("no-instances");
    const { address } = entry("a").record;
    table.apply(sampleChange(2, { instances: [putInstance("shop", "a", { address, version: "v2" })] }));
    expect(pick()).toBe("a");
    table.apply(sampleChange(3, { instances: [putInstance("shop", "a", { address, version: "v3" })] }));
    expect(pick()).toBe("no-instances");
  });
});

describe("balance", () => {
  it("takes a request in turn that lacks what its route hashes", () => {
    const { picks } = scene(shop, { shop: { a: {}, b: {} } });
    const policy = { ...POLICY, balance: { hash: { header: "X-User" } } };
    expect(picks(10, { policy, hashKey: "u1" }).size).toBe(1);
    expect(picks(10, { policy }).size).toBe(2);
  });
});

const someField = fc.record({
  state: fc.constantFrom("ready" as const, "ready" as const, "draining" as const),
  version: fc.constantFrom(undefined, "v1", "v2"),
  zone: fc.constantFrom(undefined, "z1", "z2"),
  weight: fc.constantFrom(undefined, undefined, 0, 3),
  isSuspect: fc.boolean(),
  since: fc.constantFrom(0, 999_000),
});

describe("any pick", () => {
  it(
    "is never of an instance that is gone, draining, tried, full, or of another app or version",
    PATIENT,
    () => {
      fc.assert(
        fc.property(
          fc.array(someField, { minLength: 1, maxLength: 6 }),
          fc.constantFrom("round-robin" as const, "least-connections" as const, "power-of-two" as const, {
            hash: "client-address" as const,
          }),
          fc.constantFrom(undefined, "v1"),
          fc.array(
            fc.record({ what: fc.constantFrom("gone", "try", "fill", "fail", "pick"), which: fc.nat(5) }),
            { maxLength: 30, size: "max" },
          ),
          (fields, balance, version, steps) => {
            const ids = Object.fromEntries(fields.map((one, at) => [`${at}`, one]));
            const { table, route } = scene([{ app: "shop", version }], { shop: ids, blog: { b: {} } }, "z1");
            const entries = [...(table.app("shop")?.instances.values() ?? [])];
            const tried: InstanceEntry[] = [];
            const policy = { ...POLICY, balance, connectionsPerInstance: 2, slowStartMs: 5_000 };
            for (const { what, which } of steps) {
              const entry = entries[which % entries.length];
              if (entry === undefined) continue;
              if (what === "gone") {
                table.apply(sampleChange(2, { instances: [{ app: "shop", id: entry.id, instance: null }] }));
              } else if (what === "try") tried.push(entry);
              else if (what === "fill") began(entry);
              else if (what === "fail") connectFailed(entry, policy, 1_000_000);
              const picked = table.pick(route, sampleOptions({ policy, tried, hashKey: `k${which}` }));
              const able = entries.filter(
                (one) =>
                  !one.isGone &&
                  one.record.state === "ready" &&
                  one.record.weight !== 0 &&
                  (version === undefined || one.record.version === version) &&
                  !tried.includes(one) &&
                  one.active < 2,
              );
              if (typeof picked !== "string") expect(able).toContain(picked);
              else expect(able.every((one) => one.ejectedUntil > 1_000_000)).toBe(true);
            }
          },
        ),
        { numRuns: 500 },
      );
    },
  );
});
