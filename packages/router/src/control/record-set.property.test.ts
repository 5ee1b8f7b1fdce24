import { keysUnder, parseTableRecord } from "@wayleave/records";
import type { SnapshotReason, StoredRecord } from "@wayleave/store";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { OPEN_CHECKS } from "./testing/open-checks.ts";
import { RecordSet } from "./record-set.ts";
import { FoldedTable, MapStore, instanceJson, routeJson } from "./testing/map-store.ts";

const keys = keysUnder();

const addresses = Array.from({ length: 40 }, (_, index) => `10.0.0.${index}`);
const state = fc.constantFrom("ready" as const, "ready" as const, "draining" as const);
const goodInstance = (size: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...addresses.slice(0, size)), state)
    .map(([address, each]) => instanceJson(address, each));
const bad = fc.constantFrom("{", "[]", '{"address":"name","port":1}', '{"to":[]}');
const settings = fc.constantFrom('{"addressConflict":"both"}', "{}", '{"addressConflict":"newest"}', "7");

function universe(size: number): fc.Arbitrary<readonly [string, string]> {
  const id = fc.nat({ max: size - 1 });
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(
        id.map((n) => keys.instance(`app${n % 3}`, `i${n}`)),
        goodInstance(size < 10 ? 3 : 40),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(
        id.map((n) => keys.instance(`app${n % 3}`, `i${n}`)),
        bad,
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(
        id.map((n) => keys.route(`h${n}.example.com`, "/")),
        fc.constantFrom(routeJson("app0"), routeJson("app1")),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        id.map((n) => keys.route(`h${n}.example.com`, "/")),
        bad,
      ),
    },
    { weight: 1, arbitrary: fc.tuple(fc.constant(keys.settings), settings) },
    { weight: 1, arbitrary: fc.constant([`${keys.table}nonsense`, "{}"] as const) },
  );
}

type Step =
  | {
      readonly do: "write" | "miss";
      readonly puts: readonly (readonly [string, string])[];
      readonly deletes: readonly number[];
    }
  | { readonly do: "relist"; readonly reason: SnapshotReason }
  | { readonly do: "wipe" }
  | { readonly do: "refuse"; readonly id: number }
  | { readonly do: "wait"; readonly ms: number };

function steps(size: number): fc.Arbitrary<Step[]> {
  const write = fc.record({
    do: fc.constantFrom(...Array.from({ length: 9 }, () => "write" as const), "miss" as const),
    puts: fc.array(universe(size), { maxLength: 6 }),
    deletes: fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.nat(), { maxLength: 2 }) },
      { weight: 1, arbitrary: fc.array(fc.nat(), { maxLength: size }) },
    ),
  });
  return fc.array(
    fc.oneof(
      { weight: 8, arbitrary: write },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("relist" as const),
          reason: fc.constantFrom<SnapshotReason[]>(
            "compacted",
            "audit",
            "asked",
            "went-back",
            "cluster-changed",
          ),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ do: "wipe" as const }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse" as const), id: fc.nat({ max: size }) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat({ max: 40_000 }) }) },
    ),
    { minLength: 20, maxLength: 60 },
  );
}

/** Runs steps against a set and a folded table, calling `each` after every one of them. */
function run(all: readonly Step[], each: (world: World) => void): World {
  const store = new MapStore();
  const world: World = {
    store,
    set: new RecordSet(keys, OPEN_CHECKS),
    table: new FoldedTable(),
    now: 0,
    hasMissed: false,
  };
  world.table.apply(world.set.applySnapshot(store.snapshot("start"), 0).change);
  for (const step of all) {
    play(step, world);
    each(world);
  }
  return world;
}

interface World {
  readonly store: MapStore;
  readonly set: RecordSet;
  readonly table: FoldedTable;
  now: number;
  hasMissed: boolean;
}

function play(step: Step, world: World): void {
  const { store, set, table } = world;
  if (step.do === "wait") {
    world.now += step.ms;
    table.apply(set.expire(world.now));
  } else if (step.do === "refuse") {
    table.apply(set.connectionRefused(`app${step.id % 3}`, `i${step.id}`, world.now));
  } else if (step.do === "wipe") {
    store.records.clear();
    store.revision += 1;
    world.hasMissed = true;
  } else if (step.do === "relist") {
    const resync = set.applySnapshot(store.snapshot(step.reason), world.now);
    table.apply(resync.change);
    world.hasMissed = false;
  } else {
    const present = [...store.records.keys()];
    const deletes = new Set(step.deletes.map((at) => present[at % Math.max(1, present.length)] ?? ""));
    for (const [key] of step.puts) deletes.delete(key);
    const change = store.write(Object.fromEntries(step.puts), [...deletes]);
    // A missed change is seen by the next re-list only, as are all that come after it.
    if (step.do === "miss") world.hasMissed = true;
    if (!world.hasMissed) table.apply(set.applyChange(change, world.now));
  }
}

function wholeTable(set: RecordSet): FoldedTable {
  const table = new FoldedTable();
  table.apply(set.whole());
  return table;
}

describe("after any changes and re-lists", () => {
  it("the changes handed out add up to what is in force", () => {
    fc.assert(
      fc.property(fc.constantFrom(6, 30).chain(steps), (all) => {
        run(all, ({ set, table }) => expect(table.rows).toEqual(wholeTable(set).rows));
      }),
      { numRuns: 300 },
    );
  });

  it("no address is in force for two apps, unless the settings let it", () => {
    fc.assert(
      fc.property(fc.constantFrom(6, 30).chain(steps), (all) => {
        run(all, ({ table }) => {
          const settingsRow = table.rows.get("settings");
          const isShared =
            settingsRow !== undefined &&
            "addressConflict" in settingsRow &&
            settingsRow.addressConflict === "both";
          const inForce = table.instances();
          const owners = new Set(inForce.map(({ address }) => address));
          if (!isShared) expect(owners.size).toBe(inForce.length);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("an address that records in etcd claim is in force for the newest of them, whatever was before", () => {
    fc.assert(
      fc.property(fc.constantFrom(6, 30).chain(steps), (all) => {
        run(all, (world) => {
          if (!world.hasMissed) expectNewestOwners(world);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("a quiet hour brings the table to what a router that starts then would have, but for last good values", () => {
    fc.assert(
      fc.property(fc.constantFrom(6, 30).chain(steps), (all) => {
        const { store, set, table, now } = run(all, () => undefined);
        for (const later of [0, 100_000, 200_000, 300_000]) {
          table.apply(set.expire(now + later));
          table.apply(set.applySnapshot(store.snapshot("asked"), now + later).change);
        }
        for (const key of set.rejections.keys()) store.records.delete(key);
        table.apply(
          set.applyChange(
            { revision: store.revision + 1, puts: [], deletes: [...set.rejections.keys()] },
            now + 400_000,
          ),
        );
        table.apply(set.expire(now + 500_000));
        const fresh = new RecordSet(keys, OPEN_CHECKS);
        fresh.applySnapshot(store.snapshot("start"), now);
        expect(withoutAge(table)).toEqual(withoutAge(wholeTable(fresh)));
        expect(set.applySnapshot(store.snapshot("audit"), now + 500_000).differences).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

function addressOf({ key, value }: StoredRecord): string | undefined {
  const parsed = parseTableRecord(keys, key, value);
  return parsed.ok && parsed.value.kind === "instance" ? parsed.value.instance.address : undefined;
}

function expectNewestOwners({ store, set, table }: World): void {
  // What a bad record leaves in force may be newer than all of them.
  const places = [...set.rejections.keys()].map((key) => key.replace(keys.instances, "instance "));
  const kept = places.map((place) => table.rows.get(place));
  const disputed = new Set(kept.map((row) => (row !== undefined && "address" in row ? row.address : "")));
  const claims = Map.groupBy(store.records.values(), addressOf);
  for (const address of addresses.filter((each) => !disputed.has(each))) {
    const newest = claims.get(address)?.reduce((best, claim) => (isNewer(claim, best) ? claim : best));
    if (newest === undefined) continue;
    const row = table.rows.get(newest.key.replace(keys.instances, "instance "));
    expect(row).toMatchObject({ address, isSuspect: false });
  }
}

function isNewer(a: StoredRecord, b: StoredRecord): boolean {
  if (a.createRevision !== b.createRevision) return a.createRevision > b.createRevision;
  if (a.modRevision !== b.modRevision) return a.modRevision > b.modRevision;
  return a.key > b.key;
}

function withoutAge(table: FoldedTable): Map<string, object> {
  return new Map([...table.rows].map(([place, row]) => [place, { ...row, since: 0 }]));
}
