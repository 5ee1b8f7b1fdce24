import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { connectFailed } from "./ejection.ts";
import type { Explanation } from "./explain.ts";
import { began } from "./instance-entry.ts";
import { putInstance, putRoute, randomFrom, sampleChange, sampleOptions } from "./samples.ts";
import { Table } from "./table.ts";

function outcomes(explanation: Explanation): Record<string, string>[] {
  return explanation.destinations.map((to) =>
    Object.fromEntries(to.instances.map((instance) => [instance.id, instance.outcome])),
  );
}

describe("explain", () => {
  it("says which host and path decided, and why the others did not", () => {
    const table = new Table({ affinityKey: "k" });
    const places = ["a.b.com/", "a.b.com/api", "a.b.com/api/v2", "*.b.com/", "*.com/", "*/", "c.com/"];
    table.apply(sampleChange(7, { routes: places.map((place) => putRoute(place, [{ app: "shop" }])) }));
    expect(table.explain("a.b.com", "/api/x", sampleOptions())).toEqual({
      revision: 7,
      host: "a.b.com",
      path: "/api/x",
      hosts: [
        { host: "a.b.com", outcome: "decides" },
        { host: "*.b.com", outcome: "less-specific" },
        { host: "*.com", outcome: "less-specific" },
        { host: "*", outcome: "less-specific" },
      ],
      paths: [
        { path: "/api", outcome: "chosen" },
        { path: "/", outcome: "shorter" },
        { path: "/api/v2", outcome: "no-prefix" },
      ],
      otherPaths: 0,
      route: { host: "a.b.com", path: "/api" },
      balance: "round-robin",
      affinity: null,
      destinations: [
        {
          app: "shop",
          version: null,
          weight: 1,
          share: 1,
          outcome: "passed-over",
          usesEjected: false,
          instances: [],
        },
      ],
      picked: null,
      failure: "no-instances",
    });
  });

  it("shows the paths of a host that has none for the request", () => {
    const table = new Table({ affinityKey: "k" });
    const paths = Array.from({ length: 25 }, (_, at) => putRoute(`h/p${at}`, [{ app: "shop" }]));
    table.apply(sampleChange(1, { routes: paths }));
    const explanation = table.explain("h", "/p", sampleOptions());
    expect(explanation).toMatchObject({ failure: "unknown-route", route: null, otherPaths: 5, picked: null });
    expect(explanation.paths).toHaveLength(20);
    expect(table.explain("nowhere", "/", sampleOptions())).toMatchObject({
      hosts: [],
      paths: [],
      failure: "unknown-route",
    });
  });

  it("says of every instance why it is not the one", () => {
    const table = new Table({ affinityKey: "k", zone: "z1" });
    const near = { zone: "z1", version: "v1" };
    table.apply(
      sampleChange(1, {
        routes: [
          putRoute("h/", [
            { app: "shop", version: "v1" },
            { app: "shop", weight: 0 },
          ]),
        ],
        instances: [
          putInstance("shop", "next", near),
          putInstance("shop", "later", near),
          putInstance("shop", "drains", { ...near, state: "draining" }),
          putInstance("shop", "light", { ...near, weight: 0 }),
          putInstance("shop", "out", near),
          putInstance("shop", "full", near),
          putInstance("shop", "tried", near),
          putInstance("shop", "far", { version: "v1" }),
          putInstance("shop", "suspect", { ...near, isSuspect: true }),
          putInstance("shop", "other", { zone: "z1", version: "v2" }),
        ],
      }),
    );
    const entry = (id: string): ReturnType<Table["pick"]> =>
      table.app("shop")?.instances.get(id) ?? "no-instances";
    const [out, full, tried] = [entry("out"), entry("full"), entry("tried")];
    const options = sampleOptions();
    const policy = { ...options.policy, connectionsPerInstance: 1 };
    table.apply(sampleChange(2, { settings: { limits: { connectionsPerInstance: 1 } } }));
    if (typeof out !== "string") connectFailed(out, policy, options.now - 4_000);
    if (typeof full !== "string") began(full);
    const explanation = table.explain("h", "/", {
      ...options,
      tried: typeof tried === "string" ? [] : [tried],
    });
    expect(outcomes(explanation)[0]).toEqual({
      next: "picked",
      later: "may-serve",
      drains: "draining",
      light: "weight-0",
      out: "ejected",
      full: "saturated",
      tried: "tried",
      far: "other-zone",
      suspect: "suspect",
      other: "other-version",
    });
    expect(outcomes(explanation)[1]).toMatchObject({ later: "unshared", other: "unshared" });
    expect(explanation.destinations[0]?.instances.find((one) => one.id === "out")?.ejectedForMs).toBe(6_000);
    expect(structuredClone(explanation)).toEqual(JSON.parse(JSON.stringify(explanation)));
  });

  it("does not say that an instance is outranked when nobody better serves", () => {
    const table = new Table({ affinityKey: "k", zone: "z1" });
    const instances = [
      putInstance("shop", "a"),
      putInstance("shop", "b"),
      putInstance("shop", "s", { isSuspect: true }),
    ];
    table.apply(sampleChange(1, { routes: [putRoute("h/", [{ app: "shop" }])], instances }));
    expect(outcomes(table.explain("h", "/", sampleOptions()))).toEqual([
      { a: "picked", b: "may-serve", s: "suspect" },
    ]);
  });

  it("tells whether a cookie was kept to", () => {
    const table = new Table({ affinityKey: "k" });
    table.apply(
      sampleChange(1, { routes: [putRoute("h/", [{ app: "shop" }])], instances: [putInstance("shop", "a")] }),
    );
    const [entry] = [...table.instances()];
    const opaqueId = entry === undefined ? "" : table.opaqueId(entry);
    expect(table.explain("h", "/", sampleOptions({ opaqueId })).affinity).toBe("kept");
    expect(table.explain("h", "/", sampleOptions({ opaqueId: "forged" })).affinity).toBe("replaced");
  });
});

const label = fc.constantFrom("a", "b", "com");
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const routeHost = fc.oneof(
  host,
  host.map((name) => `*.${name}`),
  fc.constant("*"),
);
const path = fc
  .array(fc.constantFrom("x", "y"), { maxLength: 3 })
  .map((segments) => `/${segments.join("/")}`);
const app = fc.constantFrom("shop", "blog", "news");
const version = fc.constantFrom(undefined, "v1");
const balance = fc.constantFrom(
  "round-robin" as const,
  "least-connections" as const,
  "power-of-two" as const,
  {
    hash: "client-address" as const,
  },
);
const route = fc.record({
  host: routeHost,
  path,
  route: fc.record({
    to: fc.array(fc.record({ app, version, weight: fc.constantFrom(undefined, 0, 1, 9) }), {
      minLength: 1,
      maxLength: 3,
    }),
    balance,
    slowStartMs: fc.constantFrom(undefined, 10_000),
    limits: fc.constantFrom(undefined, { connectionsPerInstance: 2 }),
  }),
});
const instance = fc.record({
  app,
  id: fc.constantFrom("1", "2", "3", "4"),
  fields: fc.record({
    state: fc.constantFrom("ready" as const, "ready" as const, "draining" as const),
    version,
    zone: fc.constantFrom(undefined, "z1"),
    weight: fc.constantFrom(undefined, 0, 2),
    since: fc.constantFrom(0, 995_000),
    isSuspect: fc.constantFrom(false, false, true),
  }),
});
const request = fc.record({
  host,
  path,
  what: fc.constantFrom("nothing", "begin", "fail", "change"),
  which: fc.nat(9),
  isSticky: fc.boolean(),
});

describe("an explanation", () => {
  it("is what then happens, for 10,000 requests to random tables", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(route, { minLength: 1, maxLength: 8, size: "max" }),
        fc.array(instance, { maxLength: 12, size: "max" }),
        fc.array(request, { minLength: 20, maxLength: 20, size: "max" }),
        (routes, instances, requests) => {
          const table = new Table({ affinityKey: "k", zone: "z1" });
          const puts = instances.map((one) => putInstance(one.app, one.id, one.fields));
          table.apply(sampleChange(1, { routes, instances: puts }));
          for (const [at, { isSticky, what, which, ...place }] of requests.entries()) {
            const entries = [...table.instances()];
            const entry = entries[which % entries.length];
            if (entry !== undefined && what === "begin") began(entry);
            if (entry !== undefined && what === "fail") {
              connectFailed(entry, sampleOptions().policy, 1_000_000);
            }
            if (what === "change")
              table.apply(sampleChange(2 + at, { instances: puts.slice(which, which + 2) }));
            const options = {
              now: 1_000_000 + at,
              hashKey: `key-${which}`,
              opaqueId: isSticky && entry !== undefined ? table.opaqueId(entry) : undefined,
              tried: which === 0 && entry !== undefined ? [entry] : [],
            };
            const explanation = table.explain(place.host, place.path, { ...options, random: randomFrom(at) });
            expectSame(explanation, served(table, place, { ...options, random: randomFrom(at) }));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

type Served = Pick<Explanation, "route" | "picked" | "failure">;

/** What the request path gets. */
function served(
  table: Table,
  place: { host: string; path: string },
  options: Parameters<Table["explain"]>[2],
): Served {
  const matched = table.match(place.host, place.path);
  if (matched === undefined) return { route: null, picked: null, failure: "unknown-route" };
  const picked = table.pick(matched, { ...options, policy: table.policy(matched) });
  return {
    route: { host: matched.host, path: matched.path },
    picked:
      typeof picked === "string" ? null : { app: picked.app, id: picked.id, authority: picked.authority },
    failure: typeof picked === "string" ? picked : null,
  };
}

function expectSame(explanation: Explanation, real: Served): void {
  const { route: at, picked, failure } = explanation;
  expect({ route: at, picked, failure }).toEqual(real);
  const chosen = explanation.paths.filter((one) => one.outcome === "chosen").map((one) => one.path);
  expect(chosen).toEqual(at === null ? [] : [at.path]);
  if (at !== null) expect(explanation.hosts[0]?.host).toBe(at.host);
  // The reasons agree with the result: whoever has none may serve, and nobody serves when all have one.
  const all = outcomes(explanation).flatMap((one) => Object.values(one));
  expect(all.filter((outcome) => outcome === "picked")).toHaveLength(picked === null ? 0 : 1);
  if (failure !== null) expect(all).not.toContain("may-serve");
  if (failure === "instances-saturated") expect(all).toContain("saturated");
}
