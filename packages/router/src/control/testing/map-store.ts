// For tests of the config path: an etcd that is a map, and a table that is one.

import type { Route, Settings } from "@wayleave/records";
import type { Change, Snapshot, SnapshotReason, StoredRecord } from "@wayleave/store";

import {
  type RecordChanges,
  type TableChange,
  type TableInstance,
  joinChange,
} from "../../table/table-change.ts";

/** An etcd of one map. */
export class MapStore {
  readonly records = new Map<string, StoredRecord>();
  clusterId = "1";
  revision = 0;

  write(puts: Record<string, string>, deletes: readonly string[] = []): Change {
    this.revision += 1;
    const gone = deletes.filter((key) => this.records.delete(key));
    const put = Object.entries(puts).map(([key, value]) => {
      const createRevision = this.records.get(key)?.createRevision ?? this.revision;
      const record = { key, value, createRevision, modRevision: this.revision, lease: "7" };
      this.records.set(key, record);
      return record;
    });
    return { revision: this.revision, puts: put, deletes: gone };
  }

  snapshot(reason: SnapshotReason): Snapshot {
    const { revision, clusterId } = this;
    return { revision, clusterId, records: [...this.records.values()], reason };
  }
}

/** What a table that got all these changes holds, as `kind place -> payload`. */
export class FoldedTable {
  readonly rows = new Map<string, Settings | Route | TableInstance>();
  #prepared: RecordChanges[] = [];

  prepare(records: RecordChanges): void {
    this.#prepared.push(records);
  }

  apply(last: TableChange): void {
    const change = joinChange(this.#prepared.splice(0), last);
    if (change.settings !== undefined) this.#set("settings", change.settings);
    for (const { host, path, route } of change.routes) this.#set(`route ${host}${path}`, route);
    for (const { app, id, instance } of change.instances) this.#set(`instance ${app}/${id}`, instance);
  }

  instances(): TableInstance[] {
    return [...this.rows.values()].filter((row): row is TableInstance => "isSuspect" in row);
  }

  #set(place: string, payload: Settings | Route | TableInstance | null): void {
    if (payload === null) this.rows.delete(place);
    else this.rows.set(place, payload);
  }
}

/** The JSON of an instance record at port 80. */
export function instanceJson(address: string, state: "ready" | "draining" = "ready"): string {
  return JSON.stringify({ address, port: 80, state });
}

/** The JSON of a route record to one app. */
export function routeJson(app: string): string {
  return JSON.stringify({ to: [{ app }] });
}
