import type { IKeyValue } from "etcd3";

import { readRevision } from "./revision.ts";
import type { StoredRecord } from "./store.ts";

/** Reads one key as etcd3 gives it. */
export function toRecord(kv: IKeyValue): StoredRecord {
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    createRevision: readRevision(kv.create_revision),
    modRevision: readRevision(kv.mod_revision),
    lease: kv.lease,
  };
}
