import { keysUnder } from "@wayleave/records";
import type { StoredRecord } from "@wayleave/store";
import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { planChanges } from "./plan-changes.ts";
import { readTableFile } from "./read-table-file.ts";

const keys = keysUnder();
const shop = { to: [{ app: "shop" }] };

function stored(key: string, json: unknown, lease = "0"): StoredRecord {
  return {
    key,
    value: typeof json === "string" ? json : JSON.stringify(json),
    createRevision: 3,
    modRevision: 7,
    lease,
  };
}

function plan(text: string, records: StoredRecord[], isPruning = false) {
  return planChanges(readTableFile(text, "t.yaml", keys), { records, keys, isPruning });
}

describe("planChanges", () => {
  it("writes nothing that is the same, however its fields are ordered", () => {
    const record = stored(keys.route("a.b", "/"), { labels: { x: "1", y: "2" }, ...shop });
    expect(plan("routes: { a.b: { to: [{ app: shop }], labels: { y: '2', x: '1' } } }", [record])).toEqual(
      [],
    );
  });

  it("creates what is absent and updates what differs, each on the condition that nobody was faster", () => {
    const records = [stored(keys.route("a.b", "/"), shop), stored(keys.route("c.d", "/"), "no JSON")];
    const changes = plan(
      "routes: { new.b: { to: [{ app: x }] }, a.b: { to: [{ app: x }] }, c.d: { to: [{ app: x }] } }",
      records,
    );
    expect(changes.map(({ action, what, condition }) => [action, what, condition])).toEqual([
      ["create", "route new.b/", { key: keys.route("new.b", "/"), is: "absent" }],
      ["update", "route a.b/", { key: keys.route("a.b", "/"), modRevision: 7 }],
      ["update", "route c.d/", { key: keys.route("c.d", "/"), modRevision: 7 }],
    ]);
  });

  it("puts instances before routes, and removes routes before instances", () => {
    const records = [stored(keys.instance("old", "one"), {}), stored(keys.route("old.b", "/"), shop)];
    const text =
      "routes: { a.b: { to: [{ app: x }] } }\ninstances: { x/one: { address: 10.0.0.1, port: 80 } }\nsettings: {}";
    expect(plan(text, records, true).map(({ action, what }) => `${action} ${what}`)).toEqual([
      "create settings",
      "create instance x/one",
      "create route a.b/",
      "delete route old.b/",
      "delete instance old/one",
    ]);
  });

  it("removes nothing without pruning", () => {
    expect(plan("routes: {}", [stored(keys.route("a.b", "/"), shop)])).toEqual([]);
  });

  it("prunes only sections that the file has, and never what a lease holds", () => {
    const records = [
      stored(keys.route("a.b", "/"), shop),
      stored(keys.instance("x", "static"), {}),
      stored(keys.instance("x", "leased"), {}, "99"),
      stored(keys.settings, {}),
    ];
    expect(plan("routes: {}", records, true).map(({ what }) => what)).toEqual(["route a.b/"]);
    expect(plan("instances: {}", records, true).map(({ what }) => what)).toEqual(["instance x/static"]);
  });

  it("refuses to make a registered instance static", () => {
    const record = stored(keys.instance("x", "one"), { address: "10.0.0.1", port: 80 }, "99");
    const same = "instances: { x/one: { address: 10.0.0.1, port: 80 } }";
    expect(plan(same, [record])).toEqual([]);
    expect(() => plan(same.replace("80", "81"), [record])).toThrow(
      expect.objectContaining({ exitCode: EXIT.conflict }),
    );
  });
});
