import { appendFile, mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keysUnder } from "@wayleave/records";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type TableChange, joinChange } from "../table/table-change.ts";
import { allowedAddresses } from "./guards/allowed-addresses.ts";
import { PlatformAddresses } from "./platform-addresses.ts";
import { OPEN_CHECKS } from "./testing/open-checks.ts";
import { RecordSet } from "./record-set.ts";
import { type SavedSlice, storedRecords } from "./saved-slice.ts";
import { readState, stateFile, writeState } from "./state-file.ts";
import { FoldedTable, MapStore, instanceJson, routeJson } from "./testing/map-store.ts";

const keys = keysUnder();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "wayleave-state-"));
});
afterEach(() => rm(directory, { recursive: true }));

function recordSetOf(size: number): RecordSet {
  const store = new MapStore();
  const routes = Array.from({ length: size }, (_, index) => [
    keys.route(`h${index}.example.com`, "/"),
    routeJson("shop"),
  ]);
  store.write(Object.fromEntries(routes));
  store.write({
    [keys.instance("shop", "a")]: instanceJson("10.0.0.1"),
    [keys.settings]: '{"suspectMs":5,"x":"\\t\\n"}',
  });
  const set = new RecordSet(keys, OPEN_CHECKS);
  set.applySnapshot(store.snapshot("start"), 7);
  return set;
}

function save(set: RecordSet, prefix = keys.prefix): Promise<void> {
  const header = { revision: set.revision, prefix, clusterId: "9", provedAt: 5, version: "1.2.3" };
  return writeState(directory, header, [...set.records()]);
}

/** What comes into force of these records. */
function restore(set: RecordSet, saved: readonly SavedSlice[]): TableChange {
  const prepared = saved.map((slice) => set.restore(slice, 7));
  return joinChange(prepared, set.restored(2));
}

function rowsOf(change: TableChange): FoldedTable["rows"] {
  const table = new FoldedTable();
  table.apply(change);
  return table.rows;
}

describe("a state on disk", () => {
  it("gives back the table that was written", async () => {
    const set = recordSetOf(2_500);
    await save(set);
    const state = readState(directory, keys.prefix);
    if (state?.ok !== true) throw new Error("it is refused");
    const { lines, ...header } = state.value;
    expect(header).toEqual({
      revision: 2,
      prefix: keys.prefix,
      clusterId: "9",
      provedAt: 5,
      version: "1.2.3",
    });
    const saved = [...lines].map(({ slice }) => slice);
    const restored = new RecordSet(keys, OPEN_CHECKS);
    const handedOut = restore(restored, saved);
    const parsed = new RecordSet(keys, OPEN_CHECKS);
    const snapshot = {
      records: saved.flatMap((slice) => storedRecords(keys, slice)),
      revision: 2,
      clusterId: "9",
    };
    parsed.applySnapshot({ ...snapshot, reason: "start" }, 7);
    const before = rowsOf(set.whole());
    expect(before.size).toBe(2_502);
    for (const change of [handedOut, restored.whole(), parsed.whole()])
      expect(rowsOf(change)).toEqual(before);
  });

  it("gives an address that two records claim to the same one as before", async () => {
    const store = new MapStore();
    store.write({ [keys.instance("old", "a")]: instanceJson("10.0.0.1") });
    store.write({ [keys.instance("new", "b")]: instanceJson("10.0.0.1") });
    const set = new RecordSet(keys, OPEN_CHECKS);
    set.applySnapshot(store.snapshot("start"), 7);
    await save(set);
    const state = readState(directory, keys.prefix);
    const saved = state?.ok === true ? [...state.value.lines].map(({ slice }) => slice) : [];
    const restored = new RecordSet(keys, OPEN_CHECKS);
    expect([...rowsOf(restore(restored, saved)).keys()]).toEqual(["instance new/b"]);
    expect(restored.conflicts()).toEqual(set.conflicts());
  });

  it("keeps what is not allowed any more out of force, and says why", async () => {
    await save(recordSetOf(3));
    const state = readState(directory, keys.prefix);
    const records = state?.ok === true ? [...state.value.lines].map(({ slice }) => slice) : [];
    const stricter = new RecordSet(keys, {
      ...OPEN_CHECKS,
      address: allowedAddresses({ cidrs: ["192.0.2.0/24"], forbidden: new PlatformAddresses() }),
    });
    expect(
      [...rowsOf(restore(stricter, records)).keys()].filter((row) => row.startsWith("instance")),
    ).toEqual([]);
    expect([...stricter.rejections.values()]).toMatchObject([
      { key: keys.instance("shop", "a"), reason: expect.stringContaining("10.0.0.1") },
    ]);
  });

  it("takes the place of the one before, and leaves nothing else behind", async () => {
    await save(recordSetOf(10));
    await save(recordSetOf(3));
    expect(await readdir(directory)).toEqual(["table.state"]);
    const state = readState(directory, keys.prefix);
    const [line, ...more] = state?.ok === true ? [...state.value.lines] : [];
    expect(line?.slice.routes).toHaveLength(3);
    expect(more).toEqual([]);
  });

  it("is not there when none was written", async () => {
    expect(readState(join(directory, "nowhere"), keys.prefix)).toBeUndefined();
  });

  it("is refused when it is of another prefix", async () => {
    await save(recordSetOf(1), "/other/");
    expect(readState(directory, keys.prefix)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("/other/"),
    });
  });

  it("is refused when a byte of it was changed", async () => {
    await save(recordSetOf(5));
    const text = await readFile(stateFile(directory), "utf8");
    await writeFile(stateFile(directory), text.replace("10.0.0.1", "10.0.0.2"));
    expect(readState(directory, keys.prefix)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("checksum"),
    });
    await writeFile(stateFile(directory), text);
    await appendFile(stateFile(directory), "\n");
    expect(readState(directory, keys.prefix)).toMatchObject({ ok: false });
  });

  it("is refused when it was cut off, at whatever byte", async () => {
    await save(recordSetOf(2));
    const { length } = await readFile(stateFile(directory));
    for (let size = length - 1; size >= 0; size -= 1) {
      await truncate(stateFile(directory), size);
      expect(readState(directory, keys.prefix)).toMatchObject({ ok: false });
    }
  });
});
