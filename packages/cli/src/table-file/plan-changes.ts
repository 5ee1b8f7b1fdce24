// What it takes to make the table what a file says. Pure.

import { isDeepStrictEqual } from "node:util";

import type { Keys } from "@wayleave/records";
import type { Condition, StoredRecord, Write } from "@wayleave/store";

import { CommandError } from "../exit-codes.ts";
import { describeKey } from "../reading/describe-key.ts";
import { withoutPlainKey } from "../certificates/without-plain-key.ts";
import { isLeased } from "../reading/read-table.ts";
import { conditionOn } from "../writing/read-for-write.ts";
import { type JsonObject, objectOf } from "../writing/record-json.ts";
import { type FileRecord, SECTIONS, type TableFile } from "./read-table-file.ts";

/** One write that brings one record to what the file says. */
export interface PlannedChange {
  readonly action: "create" | "update" | "delete";
  readonly what: string;
  readonly key: string;
  /** What etcd holds; undefined when it holds nothing, or no JSON object. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  readonly write: Write;
  readonly condition: Condition;
}

/**
 * The changes, in the order in which they are safe when they do not fit into one transaction: settings,
 * certificates and instances before the routes that lead to them; removed routes before removed instances. With `isPruning` the
 * routes, static instances and certificates that the file does not name are removed, of the sections that it has. Throws a
 * CommandError (conflict) for an instance that a registrar holds.
 */
export function planChanges(
  file: TableFile,
  { records, keys, isPruning }: { records: readonly StoredRecord[]; keys: Keys; isPruning: boolean },
): PlannedChange[] {
  const stored = new Map(records.map((record) => [record.key, record]));
  const puts = SECTIONS.flatMap((section) =>
    file.records
      .filter((record) => record.section === section)
      .flatMap((record) => planPut(record, stored.get(record.key))),
  );
  return isPruning ? [...puts, ...planDeletes(file, records, keys)] : puts;
}

function planPut({ key, what, json }: FileRecord, found: StoredRecord | undefined): PlannedChange[] {
  const before = objectOf(found);
  if (found !== undefined && isDeepStrictEqual(before, json)) return [];
  if (found !== undefined && isLeased(found)) {
    throw new CommandError(
      "conflict",
      `${what} is held by a running registrar; a file holds static instances only`,
    );
  }
  const action = found === undefined ? "create" : "update";
  const write = { put: key, value: JSON.stringify(json) };
  return [
    {
      action,
      what,
      key,
      before: withoutPlainKey(before),
      after: json,
      write,
      condition: conditionOn(key, found),
    },
  ];
}

function planDeletes(file: TableFile, records: readonly StoredRecord[], keys: Keys): PlannedChange[] {
  const named = new Set(file.records.map(({ key }) => key));
  const removable = records.filter((record) => !named.has(record.key) && !isLeased(record));
  const routes = file.sections.has("routes")
    ? removable.filter(({ key }) => key.startsWith(keys.routes))
    : [];
  const instances = file.sections.has("instances")
    ? removable.filter(({ key }) => key.startsWith(keys.instances))
    : [];
  const certificates = file.sections.has("certificates")
    ? removable.filter(({ key }) => key.startsWith(keys.certificates))
    : [];
  return [...routes, ...instances, ...certificates].map((record) => planDelete(record, keys));
}

function planDelete(record: StoredRecord, keys: Keys): PlannedChange {
  return {
    action: "delete",
    what: describeKey(keys, record.key),
    key: record.key,
    before: withoutPlainKey(objectOf(record)),
    after: undefined,
    write: { delete: record.key },
    condition: conditionOn(record.key, record),
  };
}
