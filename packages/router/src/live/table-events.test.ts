import { describe, expect, it } from "vitest";

import {
  putInstance,
  putRoute,
  sampleCertificate,
  sampleChange,
  type sampleInstance,
} from "../table/samples.ts";
import type { TableChange } from "../table/table-change.ts";
import { Table } from "../table/table.ts";
import { eventsOf } from "./table-events.ts";

/** Applies changes one after the other, and gives the events of the last one as `kind: text`. */
function told(changes: readonly Partial<TableChange>[], owner?: string): string[] {
  const table = new Table({ affinityKey: "key" });
  let events: string[] = [];
  for (const [at, parts] of changes.entries()) {
    const change = sampleChange(at + 1, parts);
    const facts = { table, ownerInstead: () => owner };
    events = [...eventsOf(change, facts)].map(({ kind, text, revision }) => `${revision} ${kind}: ${text}`);
    table.apply(change);
  }
  return events;
}

function one(fields: Parameters<typeof sampleInstance>[0]): Partial<TableChange> {
  return { instances: [putInstance("shop", "1", { address: "10.0.0.1", since: 1, ...fields })] };
}

function certified(fields: Parameters<typeof sampleCertificate>[0]): Partial<TableChange> {
  return { certificates: [{ name: "shop", certificate: sampleCertificate({ notAfter: 0, ...fields }) }] };
}

const GONE: Partial<TableChange> = { instances: [{ app: "shop", id: "1", instance: null }] };

describe("what a change means", () => {
  it.each<[string, Partial<TableChange>[]]>([
    ["1 registered: shop/1 registered at 10.0.0.1:80", [one({})]],
    ["2 draining: shop/1 gets no new requests", [one({}), one({ state: "draining" })]],
    ["3 ready: shop/1 is ready again", [one({}), one({ state: "draining" }), one({})]],
    ["2 changed: the record of shop/1 changed", [one({}), one({ weight: 2 })]],
    [
      "2 expired: shop/1 vanished without draining (a crash, or its lease ran out); it is a last choice now",
      [one({}), one({ isSuspect: true })],
    ],
    ["3 registered: shop/1 is back at 10.0.0.1:80", [one({}), one({ isSuspect: true }), one({})]],
    ["3 removed: shop/1 is given up", [one({}), one({ isSuspect: true }), GONE]],
    ["3 removed: shop/1 left after draining", [one({}), one({ state: "draining" }), GONE]],
    ["2 removed: shop/1 was removed", [one({}), GONE]],
  ])("is %s", (event, changes) => {
    expect(told(changes)).toEqual([event]);
  });

  it("tells who has the address of an instance that is out", () => {
    expect(told([one({}), GONE], "/wayleave/table/instances/blog/2")).toEqual([
      "2 address-taken-over: shop/1 is out: /wayleave/table/instances/blog/2 has its address 10.0.0.1:80 now",
    ]);
  });

  it("is the switch of a route, or its policy", () => {
    const route = putRoute("a.example/", [{ app: "shop" }]);
    const to = [{ app: "blog", version: "v2" }];
    expect(told([{ routes: [route] }])).toEqual(["1 route-added: route a.example/ leads to shop"]);
    expect(told([{ routes: [route] }, { routes: [putRoute("a.example/", to)] }])).toEqual([
      "2 route-changed: route a.example/ leads to blog@v2 now",
    ]);
    const slower = putRoute("a.example/", [{ app: "shop" }], { slowStartMs: 5 });
    expect(told([{ routes: [route] }, { routes: [slower] }])).toEqual([
      "2 route-changed: route a.example/ has another policy",
    ]);
    expect(told([{ routes: [route] }, { routes: [{ host: "a.example", path: "/", route: null }] }])).toEqual([
      "2 route-removed: route a.example/ was removed",
    ]);
  });

  it("is a certificate's coming, its change and its end", () => {
    const names = ["a", "b", "c", "d", "e", "f"].map((label) => `${label}.example`);
    const first = certified({ names: ["a.example"], isDefault: true });
    expect(told([first])).toEqual([
      "1 certificate-changed: certificate shop is new: it serves a.example, whom no other one is for until 1970-01-01",
    ]);
    expect(told([first, certified({ names })])).toEqual([
      "2 certificate-changed: certificate shop was replaced: it serves a.example, b.example, c.example, d.example, e.example, ... until 1970-01-01",
    ]);
    expect(told([first, { certificates: [{ name: "shop", certificate: null }] }])).toEqual([
      "2 certificate-changed: certificate shop was removed",
    ]);
  });

  it("is one event when very much changes at once", () => {
    const instances = Array.from({ length: 101 }, (_, at) => putInstance("shop", `i${at}`));
    expect(told([{ instances }])).toEqual(["1 many-changed: 0 routes and 101 instances changed at once"]);
  });
});
