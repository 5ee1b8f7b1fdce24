import { type Keys, type TableRecord, parseTableRecord } from "@wayleave/records";
import type { Revision, Store, StoredRecord } from "@wayleave/store";

/** A record under `table/` with its parsed form. */
export interface ReadRecord<T extends TableRecord = TableRecord> {
  readonly stored: StoredRecord;
  readonly parsed: T;
}

/** A record that no router uses, and why. */
export interface BadRecord {
  readonly key: string;
  readonly revision: Revision;
  readonly reason: string;
}

/** What stands under `table/` at one revision. */
export interface ReadTable {
  readonly revision: Revision;
  readonly settings: ReadRecord<TableRecord & { kind: "settings" }> | undefined;
  readonly routes: readonly ReadRecord<TableRecord & { kind: "route" }>[];
  readonly instances: readonly ReadRecord<TableRecord & { kind: "instance" }>[];
  readonly certificates: readonly ReadRecord<TableRecord & { kind: "certificate" }>[];
  readonly bad: readonly BadRecord[];
}

/** Reads the records under a prefix of `table/` (all of it by default) at one revision. */
export async function readTable(store: Store, keys: Keys, prefix: string = keys.table): Promise<ReadTable> {
  const { records, revision } = await store.list(prefix);
  return parseTable(keys, records, revision);
}

/** Parses records that were listed at one revision. Pure. */
export function parseTable(keys: Keys, records: readonly StoredRecord[], revision: Revision): ReadTable {
  const table = {
    revision,
    settings: undefined as ReadTable["settings"],
    routes: [] as ReadRecord<TableRecord & { kind: "route" }>[],
    instances: [] as ReadRecord<TableRecord & { kind: "instance" }>[],
    certificates: [] as ReadRecord<TableRecord & { kind: "certificate" }>[],
    bad: [] as BadRecord[],
  };
  for (const stored of records) {
    const result = parseTableRecord(keys, stored.key, stored.value);
    if (!result.ok) {
      table.bad.push({ key: stored.key, revision: stored.modRevision, reason: result.reason });
      continue;
    }
    const parsed = result.value;
    if (parsed.kind === "settings") table.settings = { stored, parsed };
    else if (parsed.kind === "route") table.routes.push({ stored, parsed });
    else if (parsed.kind === "certificate") table.certificates.push({ stored, parsed });
    else table.instances.push({ stored, parsed });
  }
  return table;
}

/** Whether a record goes when its owner does. */
export function isLeased(record: StoredRecord): boolean {
  return record.lease !== "0";
}
