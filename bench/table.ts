// What the table costs: `node bench/table.ts`, or `node --expose-gc bench/table.ts` for exact memory.
// Proves first that what it times gives the right answers.

import assert from "node:assert/strict";

import { began, ended, type InstanceEntry } from "../packages/router/src/table/instance-entry.ts";
import { type Policy, resolvePolicy } from "../packages/router/src/table/policy.ts";
import type { RouteEntry } from "../packages/router/src/table/route-entry.ts";
import type { TableChange } from "../packages/router/src/table/table-change.ts";
import { Table } from "../packages/router/src/table/table.ts";

const INSTANCES_A_ROUTE = 10;
const settings = { affinityKey: "a key of the bench" };

function print(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(64)} ${value.toFixed(value < 10 ? 2 : 0).padStart(9)} ${unit}`);
}

/** A change as it comes from another process: nothing in it is shared with another one. */
function asReceived(change: TableChange): TableChange {
  return structuredClone(change);
}

function instance(app: number, id: number): TableChange["instances"][number] {
  const address = `10.${(app >> 8) & 255}.${app & 255}.${(id % 250) + 1}`;
  return {
    app: `app-${app}`,
    id: `${app}-7d9f8c6b5-${id}`,
    instance: {
      address,
      port: 3_000 + (app >> 16) * 1_000 + Math.floor(id / 250),
      protocol: "http",
      state: "ready",
      version: "v42",
      zone: `zone-${id % 3}`,
      since: 1_763_000_000_000 + id,
      isSuspect: false,
    },
  };
}

function place(app: number): { host: string; path: string } {
  return { host: `app-${app}.apps.example.com`, path: "/" };
}

function fullTable(routes: number, instancesEach = INSTANCES_A_ROUTE): Table {
  const table = new Table(settings);
  for (let app = 0; app < routes; app++) {
    table.apply(
      asReceived({
        revision: app + 1,
        routes: [{ ...place(app), route: { to: [{ app: `app-${app}` }] } }],
        instances: Array.from({ length: instancesEach }, (_, id) => instance(app, id)),
      }),
    );
  }
  return table;
}

/** Nanoseconds of one call: the median of rounds. */
function nsOf(calls: number, run: (at: number) => unknown): number {
  const rounds = Array.from({ length: 9 }, () => {
    const start = process.hrtime.bigint();
    for (let at = 0; at < calls; at++) run(at);
    return Number(process.hrtime.bigint() - start) / calls;
  });
  return median(rounds);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

/** Adds and removes a route, and an instance of its app, on apps all over the table. */
function churn(table: Table, routes: number): number {
  const changes = Array.from({ length: 2_000 }, (_, at): TableChange[] => {
    const app = Math.floor((at * routes) / 2_000);
    const path = "/new";
    const added = instance(app, 249);
    return [
      { revision: 1, routes: [{ ...place(app), path, route: { to: [{ app: "x" }] } }], instances: [added] },
      {
        revision: 2,
        routes: [{ ...place(app), path, route: null }],
        instances: [{ ...added, instance: null }],
      },
    ];
  }).flat();
  return nsOf(changes.length, (at) => {
    const change = changes[at];
    if (change !== undefined) table.apply(change);
  });
}

function picker(table: Table, policy: Policy): (route: RouteEntry, hashKey?: string) => InstanceEntry {
  const options = {
    policy,
    now: 1_763_000_100_000,
    random: Math.random,
    hashKey: undefined as string | undefined,
  };
  return (route, hashKey) => {
    options.hashKey = hashKey;
    const picked = table.pick(route, options);
    if (typeof picked === "string") throw new Error(picked);
    return picked;
  };
}

/** As in service: every app has the balancer of its routes. */
function pickFromAll(table: Table): void {
  const pick = picker(table, resolvePolicy({}, {}));
  for (const route of table.routes()) pick(route);
}

function benchMemory(): Table {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const start = performance.now();
  const table = fullTable(100_000);
  print("1,000,000 instances on 100,000 routes: building it", (performance.now() - start) / 1_000, "s");
  pickFromAll(table);
  globalThis.gc?.();
  const after = process.memoryUsage();
  assert.equal(table.instanceCount, 1_000_000);
  print("the same, every app picked from: heap", (after.heapUsed - before.heapUsed) / 2 ** 20, "MiB");
  print("the same: RSS of the process", after.rss / 2 ** 20, "MiB");
  return table;
}

function benchApply(large: Table): void {
  const small = fullTable(1_000);
  pickFromAll(small);
  const tables = [
    { routes: 1_000, table: small },
    { routes: 100_000, table: large },
  ];
  for (const apps of [1_000, 100_000]) {
    // In turn, and the median of the ratios: the machine has other work too.
    const rounds = Array.from({ length: 9 }, () =>
      tables.map(({ routes, table }) => churn(table, Math.min(apps, routes))),
    );
    const ratios = rounds.map(([few, many]) => (many ?? 0) / (few ?? 1));
    print(`apply at 1,000 routes`, median(rounds.map(([few]) => few ?? 0)), "ns");
    print(
      `apply at 100,000 routes, all over ${apps} of them`,
      median(rounds.map(([, many]) => many ?? 0)),
      "ns",
    );
    print("the same: 100,000 routes against 1,000", median(ratios), "x");
  }
  print(
    "apply, settings, at 100,000 routes",
    nsOf(10_000, () => large.apply({ revision: 3, settings: {}, routes: [], instances: [] })),
    "ns",
  );
}

function wild(at: number): string {
  return Buffer.from(`${at}.wild.example.com`).toString("latin1");
}

function benchMatch(table: Table): void {
  const hosts = Array.from({ length: 10_000 }, (_, at) => place(at * 10).host);
  assert.equal(table.match(hosts[7] ?? "", "/x")?.host, hosts[7]);
  // Hosts are made anew, as a request's are: a string that was looked up before carries its hash.
  const fresh = (at: number): string => Buffer.from(hosts[at % hosts.length] ?? "").toString("latin1");
  const making = nsOf(100_000, fresh);
  print(
    "match, one of 10,000 hosts, 100,000 routes",
    nsOf(100_000, (at) => table.match(fresh(at), "/api/users")) - making,
    "ns",
  );
  const [hot] = hosts;
  print(
    "match, the same host again and again",
    nsOf(100_000, () => table.match(Buffer.from(hot ?? "").toString("latin1"), "/api/users")) - making,
    "ns",
  );
  table.apply({
    revision: 4,
    routes: [
      { host: "*.wild.example.com", path: "/", route: { to: [{ app: "app-1" }] } },
      { host: "*.wild.example.com", path: "/api/v1", route: { to: [{ app: "app-1" }] } },
    ],
    instances: [],
  });
  assert.equal(table.match("a.wild.example.com", "/api/v1/x")?.path, "/api/v1");
  const makingWild = nsOf(100_000, wild);
  print(
    "match, wildcard host and a path of two segments",
    nsOf(100_000, (at) => table.match(wild(at), "/api/v1/users")) - makingWild,
    "ns",
  );
}

function benchPick(routes: number, instances: number): void {
  const table = fullTable(routes, instances);
  const route = table.match(place(0).host, "/");
  if (route === undefined) throw new Error("no route");
  const balances = ["round-robin", "least-connections", "power-of-two", { hash: "client-address" }] as const;
  for (const balance of balances) {
    const pick = picker(table, { ...resolvePolicy({}, {}), balance });
    assert.equal(pick(route, "k").app, "app-0");
    const calls = typeof balance === "object" && instances > 100 ? 500 : 100_000;
    const ns = nsOf(calls, (at) => {
      const entry = pick(route, `203.0.113.${at & 255}`);
      began(entry);
      ended(entry);
    });
    print(`pick, begin, end: ${JSON.stringify(balance)} of ${instances} instances`, ns, "ns");
  }
}

function benchLargeApp(): void {
  const table = fullTable(1, 10_000);
  const route = table.match(place(0).host, "/");
  if (route === undefined) throw new Error("no route");
  const balances = ["round-robin", "least-connections", "power-of-two", { hash: "client-address" }] as const;
  for (const balance of balances) {
    const pick = picker(table, { ...resolvePolicy({}, {}), balance });
    // From the first pick on, its balancer follows every change.
    assert.equal(pick(route, "k").app, "app-0");
    const ns = nsOf(2_000, (at) => {
      const change = instance(0, (at * 7_919) % 10_000);
      table.apply({ revision: 5, routes: [], instances: [{ ...change, instance: null }] });
      table.apply({ revision: 6, routes: [], instances: [change] });
    });
    print(`an instance of 10,000 gone and back, with ${JSON.stringify(balance)} and those before`, ns, "ns");
  }
}

const large = benchMemory();
benchApply(large);
benchMatch(large);
benchPick(1, 10);
benchPick(1, 10_000);
benchLargeApp();
