import { type Keys, type Replica, parseReplica } from "@wayleave/records";
import type { Store } from "@wayleave/store";

import type { BadRecord } from "./read-table.ts";

/** The live routers, by id, and the records of those that cannot be read. */
export interface ReadReplicas {
  readonly replicas: readonly (Replica & { readonly id: string })[];
  readonly bad: readonly BadRecord[];
}

/** Reads `replicas/`. */
export async function readReplicas(store: Store, keys: Keys): Promise<ReadReplicas> {
  const { records } = await store.list(keys.replicas);
  const read = { replicas: [] as (Replica & { id: string })[], bad: [] as BadRecord[] };
  for (const { key, value, modRevision } of records) {
    const parsed = parseReplica(value);
    if (parsed.ok) read.replicas.push({ ...parsed.value, id: key.slice(keys.replicas.length) });
    else read.bad.push({ key, revision: modRevision, reason: parsed.reason });
  }
  return read;
}
