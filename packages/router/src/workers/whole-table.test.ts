import { describe, expect, it } from "vitest";

import { type RecordChanges, type TableChange, joinChange } from "../table/table-change.ts";
import { Table } from "../table/table.ts";
import { changeMessages, readChanges, readRecords } from "./split-change.ts";
import { wholeTable } from "./whole-table.ts";

const SETTINGS = { affinityKey: "key" };

function routeAt(index: number, app: string | null): TableChange["routes"][number] {
  return { host: `h${index % 700}.example`, path: "/", route: app === null ? null : { to: [{ app }] } };
}

function instanceAt(index: number, port: number | null): TableChange["instances"][number] {
  const instance = port === null ? null : { ...BASE, address: "10.0.0.1", port };
  return { app: `a${index % 50}`, id: `i${index % 900}`, instance };
}

const BASE = { protocol: "http", state: "ready", since: 1, isSuspect: false } as const;

function byKey(rows: unknown[][]): unknown[][] {
  return rows.toSorted(([one], [other]) => String(one).localeCompare(String(other)));
}

function contentOf(table: Table): object {
  const routes = [...table.routes()].map(({ host, path, record }) => [host + path, record]);
  const instances = [...table.instances()].map(({ app, id, record }) => [`${app}/${id}`, record]);
  return {
    settings: table.settings,
    revision: table.revision,
    clientAuthority: table.clientAuthority,
    routes: byKey(routes),
    instances: byKey(instances),
  };
}

function largeTable(): Table {
  const table = new Table(SETTINGS);
  const routes = Array.from({ length: 1_200 }, (_, index) => routeAt(index, "a1"));
  const instances = Array.from({ length: 1_800 }, (_, index) => instanceAt(index, 1_000 + index));
  const clientAuthority = { certificates: "PEM", isRequired: true };
  table.apply({ revision: 1, settings: { suspectMs: 7 }, routes, instances, clientAuthority });
  return table;
}

function small(revision: number): TableChange {
  return { revision, routes: [routeAt(revision, "a")], instances: [instanceAt(revision, 80)] };
}

/** What a worker makes of these changes. */
function receive(changes: readonly TableChange[]): {
  readonly received: TableChange[];
  readonly parts: RecordChanges[];
  readonly sequences: number[];
} {
  const received: TableChange[] = [];
  const parts: RecordChanges[] = [];
  const sequences: number[] = [];
  let ahead: RecordChanges[] = [];
  for (const { message } of changeMessages(5, changes)) {
    if (message.kind === "part") {
      ahead.push(readRecords(message.records));
      parts.push(readRecords(message.records));
    }
    if (message.kind !== "changes") continue;
    sequences.push(message.sequence);
    for (const change of readChanges(message.changes)) {
      received.push(joinChange(ahead, change));
      ahead = [];
    }
  }
  return { received, parts, sequences };
}

describe("a whole table in slices", () => {
  it("makes the same table out of an empty one", () => {
    const table = largeTable();
    const copy = new Table(SETTINGS);
    for (const slice of wholeTable(table)) copy.apply(slice);
    expect(contentOf(copy)).toEqual(contentOf(table));
  });

  it("makes the same table while it changes, with the changes behind it", () => {
    const table = largeTable();
    const copy = new Table(SETTINGS);
    const changes: TableChange[] = [];
    let turn = 0;
    for (const slice of wholeTable(table)) {
      copy.apply(structuredClone(slice));
      turn += 1;
      const routes = [routeAt(turn * 97, null), routeAt(turn * 31, "new"), routeAt(turn * 97 + 350, "back")];
      const instances = [instanceAt(turn * 89, null), instanceAt(turn * 53, 9_000 + turn)];
      const change = { revision: 1 + turn, routes, instances };
      changes.push(change);
      table.apply(change);
    }
    for (const change of changes) copy.apply(change);
    expect(changes.length).toBeGreaterThan(4);
    expect(contentOf(copy)).toEqual(contentOf(table));
  });
});

describe("a change on its way to a worker", () => {
  it.each([3, 500, 501, 1_700])("of %d records comes whole", (count) => {
    const routes = Array.from({ length: count }, (_, index) => routeAt(index, "a"));
    const change = { revision: 9, settings: null, routes, instances: [instanceAt(1, 80)] };
    const { received, parts, sequences } = receive([change]);
    expect(received).toEqual([change]);
    expect(sequences).toEqual([5]);
    for (const { routes: some, instances } of parts)
      expect(some.length + instances.length).toBeLessThanOrEqual(500);
  });

  it("goes with the other small ones of its turn, and around a large one in order", () => {
    const routes = Array.from({ length: 600 }, (_, index) => routeAt(index, "b"));
    const large = { revision: 3, routes, instances: [] };
    const { received, sequences } = receive([small(1), small(2), large, small(4), small(5)]);
    expect(received).toEqual([small(1), small(2), large, small(4), small(5)]);
    expect(sequences).toEqual([0, 5]);
  });
});
