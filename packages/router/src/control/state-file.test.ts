import { appendFile, mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keysUnder } from "@wayleave/records";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { OPEN_CHECKS } from "./testing/open-checks.ts";
import { RecordSet } from "./record-set.ts";
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
  return writeState(directory, { revision: set.revision, prefix, provedAt: 5 }, [...set.records()]);
}

describe("a state on disk", () => {
  it("gives back the table that was written", async () => {
    const set = recordSetOf(2_500);
    await save(set);
    const state = await readState(directory, keys.prefix);
    expect(state).toMatchObject({ ok: true, value: { revision: 2, provedAt: 5, prefix: keys.prefix } });
    const read = new RecordSet(keys, OPEN_CHECKS);
    if (state?.ok === true) read.applySnapshot({ ...state.value, reason: "start" }, 7);
    const [before, after] = [set, read].map((each) => {
      const table = new FoldedTable();
      table.apply(each.whole());
      return table.rows;
    });
    expect(after).toEqual(before);
    expect(after?.size).toBe(2_502);
  });

  it("takes the place of the one before, and leaves nothing else behind", async () => {
    await save(recordSetOf(10));
    await save(recordSetOf(3));
    expect(await readdir(directory)).toEqual(["table.state"]);
    expect(await readState(directory, keys.prefix)).toMatchObject({ value: { records: { length: 5 } } });
  });

  it("is not there when none was written", async () => {
    expect(await readState(join(directory, "nowhere"), keys.prefix)).toBeUndefined();
  });

  it("is refused when it is of another prefix", async () => {
    await save(recordSetOf(1), "/other/");
    expect(await readState(directory, keys.prefix)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("/other/"),
    });
  });

  it("is refused when a byte of it was changed", async () => {
    await save(recordSetOf(5));
    const text = await readFile(stateFile(directory), "utf8");
    await writeFile(stateFile(directory), text.replace("10.0.0.1", "10.0.0.2"));
    expect(await readState(directory, keys.prefix)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("checksum"),
    });
    await writeFile(stateFile(directory), text);
    await appendFile(stateFile(directory), "\n");
    expect(await readState(directory, keys.prefix)).toMatchObject({ ok: false });
  });

  it("is refused when it was cut off, at whatever byte", async () => {
    await save(recordSetOf(2));
    const { length } = await readFile(stateFile(directory));
    for (let size = length - 1; size >= 0; size -= 1) {
      await truncate(stateFile(directory), size);
      expect(await readState(directory, keys.prefix)).toMatchObject({ ok: false });
    }
  });
});
