import type { Settings } from "@wayleave/records";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { InstanceEntry } from "./instance-entry.ts";
import { freshAddress, putInstance, putRoute, sampleChange, sampleOptions } from "./samples.ts";
import { Table } from "./table.ts";
import type { TableChange } from "./table-change.ts";

const KEY = { affinityKey: "k" };

/** Everything that a table says of itself, in one order. */
function contentOf(table: Table): unknown {
  const routes = [...table.routes()].map((route) => [
    route.host + route.path,
    route.record,
    table.policy(route),
  ]);
  const instances = [...table.instances()].map((entry) => [
    `${entry.app}/${entry.id}`,
    `${entry.record.protocol}:${entry.authority}`,
    entry.record,
  ]);
  return {
    revision: table.revision,
    settings: table.settings,
    listener: table.listenerPolicy,
    counts: [table.routeCount, table.instanceCount, table.appCount],
    routes: routes.toSorted(byName),
    instances: instances.toSorted(byName),
    serving: servingOf(table),
  };
}

function byName(a: unknown[], b: unknown[]): number {
  return String(a[0]).localeCompare(String(b[0]));
}

/** Who gets something by every route and every balancer. */
function servingOf(table: Table): string[][] {
  const balances = ["round-robin", "least-connections", "power-of-two", { hash: "client-address" }] as const;
  return [...table.routes()]
    .toSorted((a, b) => (a.host + a.path).localeCompare(b.host + b.path))
    .flatMap((route) =>
      balances.map((balance) => {
        const options = sampleOptions({ policy: { ...table.policy(route), balance } });
        const picks = Array.from({ length: 60 }, (_, at) => {
          const picked = table.pick(route, { ...options, hashKey: `key-${at}` });
          return typeof picked === "string" ? picked : picked.id;
        });
        return [...new Set(picks)].toSorted((a, b) => a.localeCompare(b));
      }),
    );
}

function namesOf(entries: readonly InstanceEntry[]): string[] {
  return entries.map(({ app, id }) => `${app}/${id}`).toSorted((a, b) => a.localeCompare(b));
}

const HOSTS = ["a.example.com", "*.example.com", "*"];
const PATHS = ["/", "/api", "/api/v1"];
const APPS = ["shop", "blog"];
const someSettings = fc.constantFrom<Settings | null>(
  null,
  { timeouts: { connectMs: 7 } },
  { balance: "least-connections", listener: { maxHeaders: 5 } },
);
const someRoute = fc.record({
  host: fc.constantFrom(...HOSTS),
  path: fc.constantFrom(...PATHS),
  route: fc.option(
    fc.record({
      to: fc.array(fc.record({ app: fc.constantFrom(...APPS), version: fc.constantFrom(undefined, "v1") }), {
        minLength: 1,
        maxLength: 2,
      }),
      timeouts: fc.constantFrom(undefined, { answerHeadMs: 9 }),
    }),
  ),
});
const someInstance = fc.record({
  app: fc.constantFrom(...APPS),
  id: fc.constantFrom("1", "2", "3"),
  instance: fc.option(
    fc.record({
      address: fc.constantFrom("10.0.0.1", "10.0.0.2"),
      port: fc.constantFrom(80, 81),
      protocol: fc.constantFrom("http" as const, "http" as const, "https" as const),
      state: fc.constantFrom("ready" as const, "ready" as const, "draining" as const),
      version: fc.constantFrom(undefined, "v1", "v2"),
      zone: fc.constantFrom(undefined, "z1", "z2"),
      weight: fc.constantFrom(undefined, 0, 1),
      since: fc.constantFrom(0, 5),
      isSuspect: fc.boolean(),
    }),
    { freq: 3 },
  ),
});
const someChange = fc.record(
  {
    settings: someSettings,
    routes: fc.array(someRoute, { maxLength: 3 }),
    instances: fc.array(someInstance, { maxLength: 4 }),
    isLookedAt: fc.boolean(),
  },
  { requiredKeys: ["routes", "instances", "isLookedAt"] },
);

/** The one change that makes the same table out of nothing. */
function squashed(changes: readonly TableChange[]): TableChange {
  const routes = new Map(changes.flatMap((change) => change.routes.map((one) => [one.host + one.path, one])));
  const instances = new Map(
    changes.flatMap((change) => change.instances.map((one) => [`${one.app}/${one.id}`, one])),
  );
  const settings = changes.findLast((change) => change.settings !== undefined)?.settings;
  return {
    revision: changes.at(-1)?.revision ?? 0,
    ...(settings === undefined ? {} : { settings }),
    routes: [...routes.values()],
    instances: [...instances.values()],
  };
}

describe("apply", () => {
  it(
    "leads by any sequence of changes to the table that one change makes from nothing",
    { timeout: 60_000 },
    () => {
      fc.assert(
        fc.property(
          fc.array(someChange, { maxLength: 12, size: "max" }),
          fc.constantFrom(undefined, "z1"),
          (steps, zone) => {
            const table = new Table({ ...KEY, zone });
            const changes = steps.map((step, at) => ({ ...step, revision: at + 1 }));
            for (const change of changes) {
              table.apply(change);
              // Balancers are made when they are asked first: asked early, they follow every change.
              if (change.isLookedAt) servingOf(table);
            }
            const scratch = new Table({ ...KEY, zone });
            scratch.apply(squashed(changes));
            expect(contentOf(table)).toEqual(contentOf(scratch));
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  it("leads by prepared changes, worked in at any pace, to the same table, and withdraws the same instances at once", () => {
    const step = fc.record({ change: someChange, prepared: fc.constantFrom(0, 1, 99), settled: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12, size: "max" }), (steps) => {
        const plain = new Table(KEY);
        const late = new Table(KEY);
        for (const [at, { change: given, prepared, settled }] of steps.entries()) {
          // A key stands in a change at most once.
          const change = squashed([{ ...given, revision: at + 1 }]);
          const { routes, instances } = change;
          const expected = plain.apply(change);
          const ahead = { routes: routes.slice(0, prepared), instances: instances.slice(0, prepared) };
          late.prepare(ahead);
          const rest = { routes: routes.slice(prepared), instances: instances.slice(prepared) };
          const applied = late.apply({ ...change, ...rest });
          expect(namesOf(applied.withdrawn)).toEqual(namesOf(expected.withdrawn));
          if (given.isLookedAt) expect(servingOf(late)).toEqual(servingOf(plain));
          late.settle(settled);
        }
        while (!late.isSettled) late.settle(1);
        expect(contentOf(late)).toEqual(contentOf(plain));
      }),
      { numRuns: 300 },
    );
  });

  it("has nothing of what was prepared in force before the change comes, and all of it from then on", () => {
    const table = new Table(KEY);
    table.apply(sampleChange(1, { routes: [putRoute("a.example/", [{ app: "shop" }])] }));
    table.prepare({
      routes: [putRoute("a.example/", [{ app: "blog" }]), { host: "*", path: "/", route: null }],
      instances: [putInstance("blog", "1"), putInstance("shop", "1")],
    });
    expect(table.match("a.example", "/")?.record.to).toEqual([{ app: "shop" }]);
    expect([table.app("shop"), table.app("blog"), table.instanceCount]).toEqual([undefined, undefined, 0]);
    table.apply(sampleChange(2, { instances: [{ app: "shop", id: "1", instance: null }] }));
    expect(table.isSettled).toBe(false);
    const route = table.match("a.example", "/");
    if (route === undefined) throw new Error("no route");
    expect(table.pick(route, sampleOptions())).toMatchObject({ app: "blog", id: "1" });
    expect([table.routeCount, table.instanceCount, table.app("shop")]).toEqual([1, 1, undefined]);
  });

  it("names the instances that get nothing more: gone, draining, moved away, and of another protocol", () => {
    const table = new Table(KEY);
    table.apply(
      sampleChange(1, { instances: ["1", "2", "3", "4", "5"].map((id) => putInstance("shop", id)) }),
    );
    const before = new Map([...table.instances()].map((entry) => [entry.id, entry]));
    const { withdrawn } = table.apply(
      sampleChange(2, {
        instances: [
          { app: "shop", id: "1", instance: null },
          putInstance("shop", "2", { address: before.get("2")?.record.address ?? "", state: "draining" }),
          putInstance("shop", "3", { address: freshAddress() }),
          putInstance("shop", "4", { address: before.get("4")?.record.address ?? "", weight: 2 }),
          putInstance("shop", "5", { address: before.get("5")?.record.address ?? "", protocol: "https" }),
          { app: "shop", id: "unknown", instance: null },
        ],
      }),
    );
    expect(withdrawn).toEqual(["1", "2", "3", "5"].map((id) => before.get(id)));
    expect(withdrawn.map((entry) => entry.isGone)).toEqual([true, false, true, true]);
    expect(table.app("shop")?.instances.get("4")).toBe(before.get("4"));
    const again = table.apply(
      sampleChange(3, {
        instances: [
          putInstance("shop", "2", { address: before.get("2")?.record.address ?? "", state: "draining" }),
        ],
      }),
    );
    expect(again.withdrawn).toEqual([]);
  });

  it("keeps an instance's turn when its new record changes nothing about it", () => {
    const table = new Table(KEY);
    const addresses = [freshAddress(), freshAddress(), freshAddress()];
    const put = (tag: string): TableChange["instances"] =>
      addresses.map((address, at) => putInstance("shop", `${at}`, { address, tags: { tag } }));
    table.apply(sampleChange(1, { routes: [putRoute("h/", [{ app: "shop" }])], instances: put("a") }));
    const route = table.match("h", "/");
    const ids = Array.from({ length: 6 }, (_, at) => {
      table.apply(sampleChange(2 + at, { instances: put(`b${at}`) }));
      const picked = route === undefined ? "no route" : table.pick(route, sampleOptions());
      return typeof picked === "string" ? picked : picked.id;
    });
    expect(ids).toEqual(["0", "1", "2", "0", "1", "2"]);
  });

  it("leaves what an exchange took as it was", () => {
    const table = new Table(KEY);
    table.apply(sampleChange(1, { routes: [putRoute("h/", [{ app: "shop" }])] }));
    const taken = table.match("h", "/");
    const policy = taken && table.policy(taken);
    const record = structuredClone(taken?.record);
    table.apply(
      sampleChange(2, {
        settings: { timeouts: { connectMs: 1 } },
        routes: [putRoute("h/", [{ app: "blog" }], { retries: { attempts: 9 } })],
      }),
    );
    expect(taken?.record).toEqual(record);
    expect(policy?.connectMs).toBe(2_000);
    expect(table.match("h", "/")).not.toBe(taken);
  });

  it("resolves policies anew after settings changed, and once only", () => {
    const table = new Table(KEY);
    table.apply(
      sampleChange(1, {
        routes: [
          putRoute("h/", [{ app: "a" }]),
          putRoute("h/also", [{ app: "b" }]),
          putRoute("h/own", [{ app: "a" }], { timeouts: { bodyIdleMs: 5 } }),
        ],
      }),
    );
    const policyAt = (path: string): unknown => {
      const route = table.match("h", path);
      return route && table.policy(route);
    };
    expect(policyAt("/own")).toMatchObject({ bodyIdleMs: 5, connectMs: 2_000 });
    expect(policyAt("/own")).toBe(policyAt("/own"));
    // A route that says nothing of its own has the one policy of all such routes, not one of 100,000.
    expect(policyAt("/also")).toBe(policyAt("/"));
    table.apply(sampleChange(2, { settings: { timeouts: { connectMs: 7, bodyIdleMs: 8 } } }));
    expect(policyAt("/own")).toMatchObject({ bodyIdleMs: 5, connectMs: 7 });
    expect(policyAt("/")).toMatchObject({ bodyIdleMs: 8, connectMs: 7 });
    expect(table.listenerPolicy.bodyIdleMs).toBe(8);
    table.apply(sampleChange(3, { settings: null }));
    expect(policyAt("/")).toMatchObject({ bodyIdleMs: 60_000, connectMs: 2_000 });
  });
});

describe("the cost of a change", () => {
  it("does not grow with the table", { timeout: 60_000 }, () => {
    const large = tableOfSize(100_000);
    const small = tableOfSize(1_000);
    // In turn, and the fastest of each: what else the machine does only ever adds.
    const rounds = Array.from({ length: 25 }, (_, round) => [churnMs(large, round), churnMs(small, round)]);
    const fastest = (which: number): number => Math.min(...rounds.map((round) => round[which] ?? Infinity));
    expect(fastest(0) / fastest(1)).toBeLessThan(3);
  });
});

function tableOfSize(routes: number): Table {
  const table = new Table(KEY);
  for (let at = 0; at < routes; at++) {
    table.apply(
      sampleChange(at + 1, {
        routes: [putRoute(`h${at}.example.com/`, [{ app: `a${at}` }])],
        instances: [putInstance(`a${at}`, "1"), putInstance(`a${at}`, "2")],
      }),
    );
  }
  return table;
}

/** The time of 500 changes of the same 500 apps; each one adds and removes a route and an instance. */
function churnMs(table: Table, round: number): number {
  const changes = Array.from({ length: 500 }, (_, at) => [
    sampleChange(1, {
      settings: { timeouts: { connectMs: 1 + round } },
      routes: [putRoute(`h${at}.example.com/new`, [{ app: `a${at}` }])],
      instances: [putInstance(`a${at}`, "new")],
    }),
    sampleChange(2, {
      routes: [{ host: `h${at}.example.com`, path: "/new", route: null }],
      instances: [{ app: `a${at}`, id: "new", instance: null }],
    }),
  ]).flat();
  const start = performance.now();
  for (const change of changes) table.apply(change);
  return performance.now() - start;
}
