// Putting and deleting one record of a lease, as compare-and-set: so that a lost answer does no harm, and a record that
// is somebody else's is noticed.

import type { Cluster } from "./cluster.ts";
import { tryCommit } from "./commit.ts";
import { type Condition, type Revision, type SetOptions, type StoredRecord, StoreError } from "./store.ts";

const MOST_TURNS = 5;

/** A record of a lease and what we know of it. */
export interface OwnRecord {
  readonly key: string;
  /** At which revision we last put it; undefined: we do not know what stands there. */
  readonly putAt: Revision | undefined;
  /** Whether a record under this lease is ours. */
  readonly isOurs: (lease: string) => boolean;
  readonly mayTake: SetOptions["mayTake"] | undefined;
  readonly signal: AbortSignal;
}

/** Puts a record under a lease and gives the revision. Throws a StoreError; `conflict` when it may not be taken. */
export async function putLeased(
  cluster: Cluster,
  record: OwnRecord,
  { value, lease }: { value: string; lease: string },
): Promise<Revision> {
  const { key, signal } = record;
  const writes = [{ put: key, value, lease }];
  let condition = conditionFor(key, record.putAt);
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const outcome = await tryCommit(cluster, { writes, conditions: [condition] }, signal);
    if (outcome.isDone) return outcome.revision;
    const existing = outcome.found.get(key);
    if (existing !== undefined && !mayReplace(existing, record)) throw clash(existing);
    condition = conditionFor(key, existing?.modRevision);
  }
  throw new StoreError("conflict", `${key} is being written by somebody else`, { key });
}

/** Deletes a record if it is ours, and gives the revision. Throws a StoreError. */
export async function deleteLeased(cluster: Cluster, record: OwnRecord): Promise<Revision> {
  const { key, signal } = record;
  let { putAt } = record;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const writes = putAt === undefined ? [] : [{ delete: key }]; // without a write it is a look
    const outcome = await tryCommit(cluster, { writes, conditions: [conditionFor(key, putAt)] }, signal);
    if (outcome.isDone) return outcome.revision;
    const existing = outcome.found.get(key);
    if (existing === undefined || !record.isOurs(existing.lease)) return outcome.revision;
    putAt = existing.modRevision;
  }
  throw new StoreError("conflict", `${key} is being written by somebody else`, { key });
}

function conditionFor(key: string, putAt: Revision | undefined): Condition {
  return putAt === undefined ? { key, is: "absent" } : { key, modRevision: putAt };
}

function mayReplace(existing: StoredRecord, { isOurs, mayTake }: OwnRecord): boolean {
  return isOurs(existing.lease) || mayTake === undefined || mayTake(existing);
}

function clash({ key, lease, modRevision }: StoredRecord): StoreError {
  const holder = lease === "0" ? "no lease" : `the lease ${BigInt(lease).toString(16)}`;
  return new StoreError(
    "conflict",
    `${key} belongs to somebody else, under ${holder} since revision ${modRevision}`,
    { key },
  );
}
