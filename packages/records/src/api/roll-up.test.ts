import { describe, expect, it } from "vitest";

import { appHealth, conditionOf, countInstances, routeHealth, wholeHealth } from "./roll-up.ts";
import type { Condition } from "./table-views.ts";

const NOW = 1_000;
const READY = { state: "ready", isSuspect: false, ejectedUntil: 0, failures: 0 } as const;
const WELL = {
  routes: 10,
  routesDown: { count: 0, names: [] },
  routesDegraded: { count: 0, names: [] },
  rejected: { count: 0, names: [] },
  addressConflicts: { count: 0, names: [] },
  certificatesExpired: { count: 0, names: [] },
  certificatesExpiring: { count: 0, names: [] },
  distrusted: { count: 0, names: [] },
  suspects: 0,
  heldRemovals: 0,
};

function app(conditions: readonly Condition[], isMassExpiry = false) {
  return appHealth("shop", countInstances(conditions), { isMassExpiry });
}

describe("conditionOf", () => {
  it.each([
    ["ready", {}],
    ["failing", { failures: 1 }],
    ["ejected", { failures: 1, ejectedUntil: NOW + 1 }],
    ["ready", { ejectedUntil: NOW }],
    ["draining", { state: "draining", ejectedUntil: NOW + 1 }],
    ["suspect", { isSuspect: true, state: "draining" }],
  ] as const)("is %s of %j", (condition, facts) => {
    expect(conditionOf({ ...READY, ...facts }, NOW)).toBe(condition);
  });
});

describe("the health of an app", () => {
  it.each<[string, string | undefined, Condition[]]>([
    ["ok", undefined, ["ready"]],
    ["ok", undefined, ["ready", "draining", "failing"]],
    ["ok", undefined, ["failing"]],
    ["degraded", "ejected", ["ready", "ejected", "ejected"]],
    ["degraded", "suspect", ["ready", "suspect"]],
    ["down", "no-instances", []],
    ["down", "all-ejected", ["ejected", "draining", "suspect"]],
    ["down", "all-draining", ["draining"]],
    ["down", "all-suspect", ["suspect", "draining"]],
  ])("is %s (%s) with %j", (level, code, conditions) => {
    expect(app(conditions)).toMatchObject({ level, reasons: code === undefined ? [] : [{ level, code }] });
  });

  it("is degraded when all lost their record in a mass expiry: they serve", () => {
    expect(app(["suspect"], true)).toMatchObject({ level: "degraded", reasons: [{ code: "all-suspect" }] });
  });
});

describe("the health of a route", () => {
  const up = { weight: 1, health: app(["ready"]) };
  const down = { weight: 1, health: app([]) };

  it("is that of its app", () => {
    expect(routeHealth([up])).toEqual({ level: "ok", reasons: [] });
    expect(routeHealth([down])).toMatchObject({ level: "down", reasons: [{ code: "no-instances" }] });
    expect(routeHealth([{ weight: 1, health: app(["ready", "ejected"]) }])).toMatchObject({
      level: "degraded",
    });
  });

  it("is degraded when one of several apps is down", () => {
    expect(routeHealth([up, down])).toMatchObject({
      level: "degraded",
      reasons: [{ level: "degraded", code: "no-instances" }],
    });
    expect(routeHealth([down, down])).toMatchObject({ level: "down" });
  });

  it("does not count destinations that get nothing", () => {
    expect(routeHealth([up, { ...down, weight: 0 }])).toMatchObject({ level: "ok" });
    expect(routeHealth([{ ...up, weight: 0 }])).toMatchObject({
      level: "down",
      reasons: [{ code: "weight-0" }],
    });
  });
});

describe("the health of the whole", () => {
  it("is ok when nothing is wrong", () => {
    expect(wholeHealth(WELL)).toEqual({ level: "ok", reasons: [] });
  });

  it("is degraded by one route that is down, and down when all are", () => {
    const names = ["a.example/", "b.example/"];
    expect(wholeHealth({ ...WELL, routesDown: { count: 2, names } })).toEqual({
      level: "degraded",
      reasons: [{ level: "degraded", code: "routes-down", text: "2 routes down", count: 2, names }],
    });
    expect(wholeHealth({ ...WELL, routesDown: { count: 10, names } })).toMatchObject({ level: "down" });
  });

  it.each([
    ["etcd-lost", { stale: "reconnecting" }],
    ["removals-held", { heldRemovals: 12 }],
    ["mass-expiry", { suspects: 12 }],
    ["rejected-records", { rejected: { count: 1, names: ["k"] } }],
    ["address-conflicts", { addressConflicts: { count: 2, names: ["10.0.0.1:80"] } }],
    ["certificates-expired", { certificatesExpired: { count: 1, names: ["shop"] } }],
    ["instances-distrusted", { distrusted: { count: 1, names: ["shop/one"] } }],
    ["certificates-expire", { certificatesExpiring: { count: 2, names: ["shop", "blog"] } }],
    ["replica-not-published", { replicaFailure: "denied" }],
    ["state-not-saved", { stateFailure: "disk full" }],
  ])("is degraded by %s", (code, facts) => {
    expect(wholeHealth({ ...WELL, ...facts })).toMatchObject({ level: "degraded", reasons: [{ code }] });
  });

  it("says what is down first", () => {
    const health = wholeHealth({ ...WELL, stale: "reconnecting", notServing: "waiting for etcd" });
    expect(health).toMatchObject({
      level: "down",
      reasons: [{ code: "not-serving" }, { code: "etcd-lost" }],
    });
  });
});
