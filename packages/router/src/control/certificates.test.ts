import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keysUnder } from "@wayleave/records";
import { TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { storedRecords } from "./saved-slice.ts";
import { readState, stateFile } from "./state-file.ts";
import { RecordSet } from "./record-set.ts";
import { liveWorld } from "./testing/control-world.ts";
import { MapStore, routeJson } from "./testing/map-store.ts";
import { OPEN_CHECKS } from "./testing/open-checks.ts";

const keys = keysUnder();
const authority = new TestAuthority();
const { chain, key: plain } = authority.issue(["shop.example"]);
const sealed = { keyId: "0a1b2c3d", sealed: "c2VhbGVkLWtleQ==" };
const shop = keys.certificate("shop");
const route = keys.route("shop.example", "/");

function json(fields: object = {}): string {
  return JSON.stringify({ chain, key: sealed, ...fields });
}

describe("a certificate's record", () => {
  it("is one change with the route of its revision", () => {
    const store = new MapStore();
    const set = new RecordSet(keys, OPEN_CHECKS);
    set.applySnapshot(store.snapshot("start"), 0);
    const change = set.applyChange(store.write({ [shop]: json(), [route]: routeJson("shop") }), 1);
    expect(change).toMatchObject({
      revision: 1,
      routes: [{ host: "shop.example" }],
      certificates: [{ name: "shop", certificate: { names: ["shop.example"], record: { key: sealed } } }],
    });
    const removal = set.applyChange(store.write({}, [shop, route]), 2);
    expect(removal).toMatchObject({
      routes: [{ route: null }],
      certificates: [{ name: "shop", certificate: null }],
    });
  });

  it("leaves the last good one in force when it is bad, and gives the reason", () => {
    const store = new MapStore();
    const set = new RecordSet(keys, OPEN_CHECKS);
    set.applySnapshot(store.snapshot("start"), 0);
    set.applyChange(store.write({ [shop]: json() }), 1);
    const broken = json({ chain: chain.slice(0, 60) + chain.slice(64) });
    expect(set.applyChange(store.write({ [shop]: broken }), 2).certificates).toBeUndefined();
    expect(set.rejections.get(shop)).toMatchObject({ inForce: 1, reason: expect.stringContaining("chain") });
  });

  it("is held with others when a re-list has lost most of them", () => {
    const store = new MapStore();
    const set = new RecordSet(keys, OPEN_CHECKS);
    const names = Array.from({ length: 20 }, (_, index) => keys.certificate(`c${index}`));
    store.write(Object.fromEntries(names.map((name) => [name, json()])));
    set.applySnapshot(store.snapshot("start"), 0);
    store.write({}, names);
    expect(set.applySnapshot(store.snapshot("compacted"), 1).change.certificates).toBeUndefined();
    expect(set.hold?.keys.size).toBe(20);
  });

  it("is on disk as it is in etcd when its key is sealed, and not at all when it is plain", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "wayleave-certificates-"));
    try {
      const world = await liveWorld({ stateDir });
      world.write({ [shop]: json(), [keys.certificate("plain")]: json({ key: plain }) });
      await world.control.close();
      const state = readState(stateDir, keys.prefix);
      const lines = state?.ok === true ? [...state.value.lines] : [];
      const records = lines.flatMap(({ slice }) => storedRecords(keys, slice));
      expect(records).toMatchObject([{ key: shop, value: json() }]);
      expect(await readFile(stateFile(stateDir), "utf8")).not.toContain("PRIVATE");
    } finally {
      await rm(stateDir, { recursive: true });
    }
  });
});
