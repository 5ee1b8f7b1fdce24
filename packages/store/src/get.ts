import type { Cluster } from "./cluster.ts";
import { readRevision } from "./revision.ts";
import type { Revision, StoredRecord } from "./store.ts";
import { toRecord } from "./stored-record.ts";

/** Reads one key, linearizable. Throws a StoreError. */
export function getRecord(
  cluster: Cluster,
  key: string,
): Promise<{ readonly record: StoredRecord | undefined; readonly revision: Revision }> {
  return cluster.ask({
    what: `read ${key}`,
    key,
    attempt: async (connection, timeoutMs) => {
      const request = { key: Buffer.from(key) };
      const answer = await connection.call((etcd) => etcd.kv.range(request), timeoutMs);
      const [kv] = answer.kvs;
      return { record: kv && toRecord(kv), revision: readRevision(answer.header.revision) };
    },
  });
}
