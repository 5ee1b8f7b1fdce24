import { keysUnder } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { OPEN_CHECKS } from "./testing/open-checks.ts";
import { MASS_EXPIRY_WINDOW_MS } from "./guards/mass-expiry.ts";
import { RecordSet } from "./record-set.ts";
import { FoldedTable, MapStore, instanceJson } from "./testing/map-store.ts";

const keys = keysUnder();

function started(puts: Record<string, string>): { store: MapStore; set: RecordSet; table: FoldedTable } {
  const store = new MapStore();
  store.write(puts);
  const set = new RecordSet(keys, OPEN_CHECKS);
  const table = new FoldedTable();
  table.apply(set.applySnapshot(store.snapshot("start"), 0).change);
  return { store, set, table };
}

function fleet(size: number): Record<string, string> {
  const ids = Array.from({ length: size }, (_, index) => index);
  return Object.fromEntries(ids.map((id) => [keys.instance("shop", `i${id}`), instanceJson(`10.0.0.${id}`)]));
}

function foldWhole(set: RecordSet): FoldedTable {
  const table = new FoldedTable();
  table.apply(set.whole());
  return table;
}

const shop = keys.instance("shop", "a");
const blog = keys.instance("blog", "b");

describe("a bad record", () => {
  it.each([
    ["not JSON", "{"],
    ["of the wrong type", '{"address":"10.0.0.1","port":"eighty"}'],
    ["with a name for an address", '{"address":"app.internal","port":80}'],
    ["with an address that is out of range", '{"address":"169.254.169.254","port":80}'],
  ])("%s leaves the last good value in force, and is kept with its reason", (_, bad) => {
    const { store, set, table } = started({ [shop]: instanceJson("10.0.0.1") });
    const before = new Map(table.rows);
    const change = set.applyChange(store.write({ [shop]: bad }), 5);
    expect(change).toEqual({ revision: 2, routes: [], instances: [] });
    table.apply(change);
    expect(table.rows).toEqual(before);
    expect([...set.rejections.values()]).toEqual([
      { key: shop, revision: 2, reason: expect.any(String), since: 5, inForce: 1 },
    ]);
  });

  it("without a good value before it is not there, and stops no other record of its revision", () => {
    const { store, set, table } = started({});
    table.apply(set.applyChange(store.write({ [shop]: "[]", [blog]: instanceJson("10.0.0.2") }), 1));
    expect([...table.rows.keys()]).toEqual(["instance blog/b"]);
    expect(set.rejections.get(shop)).toMatchObject({ inForce: undefined });
  });

  it("that is nested without end stops nobody, neither when it is written nor when it is compared", () => {
    const { store, set } = started({ [blog]: instanceJson("10.0.0.2") });
    const deep = `{"address":"10.0.0.1","port":80,"x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    for (const times of [1, 2]) set.applyChange(store.write({ [shop]: deep }), times);
    expect(set.rejections.get(shop)).toMatchObject({ reason: expect.stringContaining("nested") });
    expect(set.whole().instances).toHaveLength(1);
  });

  it("is forgotten with its key, and its last good value with it", () => {
    const { store, set, table } = started({ [shop]: instanceJson("10.0.0.1") });
    table.apply(set.applyChange(store.write({ [shop]: "" }), 1));
    table.apply(set.applyChange(store.write({}, [shop]), 2));
    expect(set.rejections.size).toBe(0);
    table.apply(set.expire(2 + MASS_EXPIRY_WINDOW_MS));
    expect(table.rows.size).toBe(0);
  });

  it("does not keep an address from a live record of a new cluster", () => {
    const { set, table } = started({ [shop]: instanceJson("10.0.0.1") });
    const other = new MapStore();
    other.write({ [blog]: instanceJson("10.0.0.1") });
    other.write({ [shop]: "garbage" });
    table.apply(set.applySnapshot(other.snapshot("cluster-changed"), 1).change);
    expect([...table.rows.keys()]).toEqual(["instance blog/b"]);
  });
});

describe("one address", () => {
  it("belongs to the newer of two apps, and comes back when that one goes", () => {
    const { store, set, table } = started({ [shop]: instanceJson("10.0.0.1") });
    table.apply(set.applyChange(store.write({ [blog]: instanceJson("10.0.0.1") }), 1));
    expect([...table.rows.keys()]).toEqual(["instance blog/b"]);
    expect(set.conflicts()).toEqual([{ authority: "10.0.0.1:80", owner: blog, others: [shop] }]);
    table.apply(set.applyChange(store.write({}, [blog]), 2));
    expect([...table.rows.keys()]).toEqual(["instance shop/a"]);
    expect(set.conflicts()).toEqual([]);
  });

  it("may be shared when the settings say so, and only while they do", () => {
    const { store, set, table } = started({
      [shop]: instanceJson("10.0.0.1"),
      [blog]: instanceJson("10.0.0.1"),
    });
    expect(table.rows.size).toBe(1);
    table.apply(set.applyChange(store.write({ [keys.settings]: '{"addressConflict":"both"}' }), 1));
    expect([...table.rows.keys()].toSorted()).toEqual(["instance blog/b", "instance shop/a", "settings"]);
    table.apply(set.applyChange(store.write({}, [keys.settings]), 2));
    expect([...table.rows.keys()]).toHaveLength(1);
  });
});

describe("a re-list of another store", () => {
  it("removes nothing at once, however little it has lost: it may be half filled", () => {
    const { set, table } = started(fleet(20));
    const other = new MapStore();
    const { [keys.instance("shop", "i7")]: _missing, ...rest } = fleet(20);
    other.write(rest);
    table.apply(set.applySnapshot(other.snapshot("went-back"), 100).change);
    expect(table.rows.size).toBe(20);
    table.apply(set.applySnapshot(other.snapshot("asked"), 30_100).change);
    expect(table.rows.size).toBe(19);
  });
});

describe("a re-list that lost most of the table", () => {
  it("is held, and believed when a later one says the same", () => {
    const { store, set, table } = started(fleet(20));
    store.records.clear();
    expect(set.applySnapshot(store.snapshot("compacted"), 100).change.instances).toEqual([]);
    expect(set.hold).toMatchObject({ since: 100, until: 30_100 });
    expect(set.applySnapshot(store.snapshot("asked"), 30_099).change.instances).toEqual([]);
    table.apply(set.applySnapshot(store.snapshot("asked"), 30_100).change);
    expect(table.rows.size).toBe(0);
    expect(set.hold).toBeUndefined();
  });

  it("changes nothing for what comes back meanwhile, and gives a claimed address up at once", () => {
    const { set, table } = started(fleet(20));
    const wiped = new MapStore();
    table.apply(set.applySnapshot(wiped.snapshot("went-back"), 100).change);
    const back = set.applyChange(
      wiped.write({ [keys.instance("shop", "i3")]: instanceJson("10.0.0.3") }),
      101,
    );
    expect(back.instances).toEqual([]);
    table.apply(set.applyChange(wiped.write({ [blog]: instanceJson("10.0.0.4") }), 102));
    expect(table.rows.has("instance shop/i4")).toBe(false);
    expect(table.rows.has("instance blog/b")).toBe(true);
    expect(set.hold?.keys.size).toBe(18);
    table.apply(set.applySnapshot(wiped.snapshot("asked"), 40_000).change);
    expect([...table.rows.keys()].toSorted()).toEqual(["instance blog/b", "instance shop/i3"]);
  });

  it("lets go of what the next re-list has again", () => {
    const { store, set, table } = started(fleet(20));
    const before = new Map(table.rows);
    const partial = { ...store.snapshot("compacted"), records: [] };
    table.apply(set.applySnapshot(partial, 100).change);
    table.apply(set.applySnapshot(store.snapshot("asked"), 200).change);
    expect(set.hold).toBeUndefined();
    expect(table.rows).toEqual(before);
  });

  it("is believed at once when it lost fewer than ten", () => {
    const { store, set } = started(fleet(9));
    store.records.clear();
    expect(set.applySnapshot(store.snapshot("compacted"), 1).change.instances).toHaveLength(9);
  });
});

describe("a record that vanishes without draining", () => {
  it("leaves its instance as a last choice for one lease time, for most others may follow", () => {
    const { store, set, table } = started({ [shop]: instanceJson("10.0.0.1") });
    table.apply(set.applyChange(store.write({}, [shop]), 1));
    expect(table.instances()).toMatchObject([{ address: "10.0.0.1", isSuspect: true }]);
    expect(table.rows).toEqual(foldWhole(set).rows);
    expect(set.suspectCount).toBe(0);
    table.apply(set.expire(MASS_EXPIRY_WINDOW_MS));
    expect(table.rows.size).toBe(1);
    table.apply(set.expire(1 + MASS_EXPIRY_WINDOW_MS));
    expect(table.rows.size).toBe(0);
  });

  it("is gone at once when it refuses a connection, or a live record claims its address", () => {
    const { store, set, table } = started({
      [shop]: instanceJson("10.0.0.1"),
      [keys.instance("shop", "c")]: instanceJson("10.0.0.2"),
    });
    table.apply(set.applyChange(store.write({}, [shop, keys.instance("shop", "c")]), 1));
    table.apply(set.connectionRefused("shop", "a", 2));
    table.apply(set.applyChange(store.write({ [blog]: instanceJson("10.0.0.2") }), 3));
    expect([...table.rows.keys()]).toEqual(["instance blog/b"]);
  });

  it("is gone at once when it had no lease: somebody deleted it", () => {
    const { store, set, table } = started({});
    const { revision, puts } = store.write({ [shop]: instanceJson("10.0.0.1") });
    const fixed = puts.map((record) => ({ ...record, lease: "0" }));
    table.apply(set.applyChange({ revision, puts: fixed, deletes: [] }, 1));
    table.apply(set.applyChange(store.write({}, [shop]), 2));
    expect(table.rows.size).toBe(0);
  });

  it("is gone at once when the settings want no suspects", () => {
    const { store, set, table } = started({
      [shop]: instanceJson("10.0.0.1"),
      [keys.settings]: '{"suspectMs":0}',
    });
    table.apply(set.applyChange(store.write({}, [shop]), 1));
    expect([...table.rows.keys()]).toEqual(["settings"]);
  });
});

describe("a mass expiry", () => {
  const ids = Object.keys(fleet(20));

  it("keeps all of the window as suspects, those that went earlier as well", () => {
    const { store, set, table } = started(fleet(20));
    for (const [index, key] of ids.slice(0, 12).entries()) {
      table.apply(set.applyChange(store.write({}, [key]), index * 1000));
    }
    const suspects = table.instances().filter(({ isSuspect }) => isSuspect);
    expect(suspects).toHaveLength(12);
    table.apply(set.expire(11_000 + 60_000));
    expect(table.rows.size).toBe(8);
  });

  it("does not doubt what was draining, nor a few, nor many over a long time", () => {
    const { store, set, table } = started(fleet(20));
    for (const [index, key] of ids.slice(0, 11).entries()) {
      table.apply(set.applyChange(store.write({ [key]: instanceJson(`10.0.0.${index}`, "draining") }), 0));
      table.apply(set.applyChange(store.write({}, [key]), 0));
    }
    for (const [index, key] of ids.slice(11).entries()) {
      table.apply(set.applyChange(store.write({}, [key]), 20_000 * (index + 1)));
    }
    expect(set.suspectCount).toBe(0);
    table.apply(set.expire(200_000));
    expect(table.rows.size).toBe(0);
  });

  it("drops a suspect that refuses a connection, and one whose address is claimed", () => {
    const { store, set, table } = started(fleet(20));
    table.apply(set.applyChange(store.write({}, ids), 0));
    expect(set.suspectCount).toBe(20);
    table.apply(set.connectionRefused("shop", "i0", 1));
    table.apply(set.applyChange(store.write({ [blog]: instanceJson("10.0.0.1") }), 2));
    expect(set.suspectCount).toBe(18);
    expect(table.rows.has("instance shop/i0")).toBe(false);
    expect(table.rows.has("instance shop/i1")).toBe(false);
  });

  it("does not bring back what vanished earlier and whose address was claimed since", () => {
    const { store, set, table } = started(fleet(20));
    table.apply(set.applyChange(store.write({}, [ids[0] ?? ""]), 0));
    table.apply(set.applyChange(store.write({ [blog]: instanceJson("10.0.0.0") }), 1));
    table.apply(set.applyChange(store.write({ [blog]: instanceJson("10.0.0.0", "draining") }), 2));
    table.apply(set.applyChange(store.write({}, [blog, ...ids.slice(1)]), 3));
    expect(set.suspectCount).toBe(19);
    expect(table.rows.has("instance shop/i0")).toBe(false);
  });

  it("does not count those that were out already, for another one has their address", () => {
    const { store, set } = started(fleet(12));
    const twins = Object.keys(fleet(10)).map((key) => key.replace("/shop/", "/blog/"));
    const puts = twins.map((key, index) => [key, instanceJson(`10.0.0.${index}`)]);
    set.applyChange(store.write(Object.fromEntries(puts)), 0);
    set.applyChange(store.write({}, ids), 1);
    set.applyChange(store.write({}, twins.slice(0, 1)), 2);
    expect(set.suspectCount).toBe(0);
  });

  it("makes no suspect at an address that another app shares, and still serves from", () => {
    const { store, set, table } = started({ ...fleet(20), [keys.settings]: '{"addressConflict":"both"}' });
    table.apply(set.applyChange(store.write({ [blog]: instanceJson("10.0.0.5") }), 0));
    table.apply(set.applyChange(store.write({}, Object.keys(fleet(20))), 1));
    expect(set.suspectCount).toBe(19);
    expect(table.rows.has("instance shop/i5")).toBe(false);
    table.apply(set.applyChange(store.write({}, [blog]), 2));
    expect(table.rows.has("instance shop/i5")).toBe(false);
  });
});
