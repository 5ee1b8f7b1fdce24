import { describe, expect, it } from "vitest";

import type { InstanceEntry } from "./instance-entry.ts";
import { resolvePolicy } from "./policy.ts";
import { putInstance, putRoute, sampleChange, sampleOptions } from "./samples.ts";
import { Table } from "./table.ts";

const NONE = { app: "shop", id: "", instance: null };

function tableWith(affinityKey: string, ids: readonly string[], app = "shop"): Table {
  const table = new Table({ affinityKey });
  const instances = ids.map((id) => putInstance(app, id));
  table.apply(sampleChange(1, { routes: [putRoute("h/", [{ app }])], instances }));
  return table;
}

function entryOf(table: Table, id: string): InstanceEntry {
  const entry = [...table.instances()].find((one) => one.id === id);
  if (entry === undefined) throw new Error(`no instance ${id}`);
  return entry;
}

function pickWith(table: Table, opaqueId: string, more: Parameters<typeof sampleOptions>[0] = {}): string {
  const route = table.match("h", "/");
  if (route === undefined) throw new Error("no route");
  const picked = table.pick(route, sampleOptions({ opaqueId, ...more }));
  return typeof picked === "string" ? picked : picked.id;
}

describe("an opaque id", () => {
  it("is the same on every replica, and says nothing of the instance", () => {
    const [one, other] = [tableWith("key", ["i-1"]), tableWith("key", ["i-1"])];
    const opaque = one.opaqueId(entryOf(one, "i-1"));
    expect(other.opaqueId(entryOf(other, "i-1"))).toBe(opaque);
    expect(opaque).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it("is another for another key, app or instance", () => {
    const tables = [
      tableWith("key", ["i-1", "i-2"]),
      tableWith("other", ["i-1"]),
      tableWith("key", ["i-1"], "blog"),
    ];
    const ids = tables.flatMap((table) => [...table.instances()].map((entry) => table.opaqueId(entry)));
    expect(new Set(ids).size).toBe(4);
  });
});

describe("affinity", () => {
  it("keeps to the instance of the cookie, and takes no turn for it", () => {
    const table = tableWith("key", ["a", "b", "c"]);
    const opaque = table.opaqueId(entryOf(table, "b"));
    expect(Array.from({ length: 5 }, () => pickWith(table, opaque))).toEqual(["b", "b", "b", "b", "b"]);
    expect(pickWith(table, "")).toBe("a");
  });

  it("ignores what is forged, or of another app", () => {
    const table = tableWith("key", ["a", "b"]);
    table.apply(sampleChange(2, { instances: [putInstance("blog", "x")] }));
    const foreign = table.opaqueId(entryOf(table, "x"));
    for (const cookie of ["b", "shop/b", "a".repeat(22), "__proto__", foreign]) {
      expect(["a", "b"]).toContain(pickWith(table, cookie));
    }
  });

  it("goes elsewhere when the instance is gone, drains, is tried or full", () => {
    const table = tableWith("key", ["a", "b"]);
    const entry = entryOf(table, "b");
    const opaque = table.opaqueId(entry);
    expect(pickWith(table, opaque, { tried: [entry] })).toBe("a");
    entry.active = 1;
    expect(pickWith(table, opaque, { policy: { ...resolvePolicy({}, {}), connectionsPerInstance: 1 } })).toBe(
      "a",
    );
    entry.active = 0;
    const { address } = entry.record;
    table.apply(sampleChange(2, { instances: [putInstance("shop", "b", { address, state: "draining" })] }));
    expect(pickWith(table, opaque)).toBe("a");
    table.apply(sampleChange(3, { instances: [{ ...NONE, id: "b" }] }));
    expect(pickWith(table, opaque)).toBe("a");
    expect(table.app("shop")?.findOpaque(opaque)).toBeUndefined();
  });

  it("finds the instance again after it came back, at another address too", () => {
    const table = tableWith("key", ["a", "b"]);
    const opaque = table.opaqueId(entryOf(table, "b"));
    expect(pickWith(table, opaque)).toBe("b");
    table.apply(sampleChange(2, { instances: [{ ...NONE, id: "b" }] }));
    table.apply(sampleChange(3, { instances: [putInstance("shop", "b")] }));
    expect(pickWith(table, opaque)).toBe("b");
  });

  it("holds for suspects and for a weight of 0, which get nobody new", () => {
    const table = tableWith("key", ["a"]);
    table.apply(
      sampleChange(2, {
        instances: [putInstance("shop", "z", { weight: 0 }), putInstance("shop", "s", { isSuspect: true })],
      }),
    );
    for (const id of ["z", "s"]) expect(pickWith(table, table.opaqueId(entryOf(table, id)))).toBe(id);
    expect(Array.from({ length: 3 }, () => pickWith(table, "nobody"))).toEqual(["a", "a", "a"]);
  });

  it("does not reach a version that the route does not lead to", () => {
    const table = tableWith("key", []);
    table.apply(
      sampleChange(2, {
        routes: [putRoute("h/", [{ app: "shop", version: "v2" }])],
        instances: [
          putInstance("shop", "old", { version: "v1" }),
          putInstance("shop", "new", { version: "v2" }),
        ],
      }),
    );
    expect(pickWith(table, table.opaqueId(entryOf(table, "old")))).toBe("new");
  });
});
