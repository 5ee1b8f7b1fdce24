// A store that was wiped and filled again looks like the old one: etcd even derives the same cluster id from the same
// members. So a follower remembers one fact of the history that it has applied, and asks for it again before it resumes.

import type { Connection } from "./connection.ts";
import { readFailure } from "./etcd-failure.ts";
import { readRevision } from "./revision.ts";
import type { Change, Revision, StoredRecord } from "./store.ts";

/** At `revision`, `key` was last put at `modRevision` (0: it did not exist), in this cluster. */
export interface HistoryMark {
  readonly clusterId: string;
  readonly revision: Revision;
  readonly key: string;
  readonly modRevision: Revision;
}

/** Whether a store's history is the one that was applied. */
export type HistoryVerdict = "same" | "compacted" | "went-back" | "cluster-changed";

/** The mark of a listed range; its newest record is the fact that a new store is least likely to share. */
export function markOfList(
  {
    clusterId,
    revision,
    records,
  }: { clusterId: string; revision: Revision; records: readonly StoredRecord[] },
  prefix: string,
): HistoryMark {
  let newest: StoredRecord | undefined;
  for (const record of records) {
    if (record.modRevision > (newest?.modRevision ?? 0)) newest = record;
  }
  return { clusterId, revision, key: newest?.key ?? prefix, modRevision: newest?.modRevision ?? 0 };
}

/** The mark after a change. */
export function markOfChange(mark: HistoryMark, { revision, puts, deletes }: Change): HistoryMark {
  const [put] = puts;
  if (put !== undefined) return { ...mark, revision, key: put.key, modRevision: revision };
  return { ...mark, revision, key: deletes[0] ?? mark.key, modRevision: 0 };
}

/** Asks an endpoint, linearizable, for the marked fact. Rejects with etcd's error when it cannot be asked. */
export async function checkHistory(
  connection: Connection,
  mark: HistoryMark,
  timeoutMs: number,
): Promise<HistoryVerdict> {
  const request = { key: Buffer.from(mark.key), revision: mark.revision };
  try {
    const answer = await connection.call((etcd) => etcd.kv.range(request), timeoutMs);
    const modRevision = readRevision(answer.kvs[0]?.mod_revision ?? "0");
    if (answer.header.cluster_id !== mark.clusterId) return "cluster-changed";
    return modRevision === mark.modRevision ? "same" : "went-back";
  } catch (error) {
    const { kind } = readFailure(error);
    if (kind === "compacted") return "compacted";
    if (kind === "future-revision") return "went-back";
    throw error;
  }
}
