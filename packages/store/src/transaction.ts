// Conditions and writes in etcd's words, and what a transaction found.

import type { CompareResult, CompareTarget, ICompare, IRequestOp, ITxnResponse } from "etcd3";

import type { Connection } from "./connection.ts";
import { readRevision } from "./revision.ts";
import type { Condition, Revision, StoredRecord, Write } from "./store.ts";
import { toRecord } from "./stored-record.ts";

/** etcd's default for `--max-txn-ops`; it counts conditions, writes and reads each for themselves. */
export const MAX_OPERATIONS = 128;

/** What a transaction did: its writes, or, when a condition did not hold, a look at the keys it is about. */
export type Outcome =
  | { readonly isDone: true; readonly revision: Revision }
  | { readonly isDone: false; readonly revision: Revision; readonly found: Found };

/** The records at the keys that were looked at; undefined where there is none. */
export type Found = ReadonlyMap<string, StoredRecord | undefined>;

export interface Transaction {
  readonly writes: readonly Write[];
  readonly conditions: readonly Condition[];
}

/** Runs a transaction once: if the conditions hold the writes, else a look at all its keys. */
export async function runTransaction(
  connection: Connection,
  { writes, conditions }: Transaction,
  timeoutMs: number,
): Promise<Outcome> {
  const keys = keysOf({ writes, conditions });
  const request = {
    compare: conditions.map(toCompare),
    success: writes.map(toOperation),
    failure: keys.map(toLook),
  };
  const answer = await connection.call((etcd) => etcd.kv.txn(request), timeoutMs);
  const revision = readRevision(answer.header.revision);
  return answer.succeeded
    ? { isDone: true, revision }
    : { isDone: false, revision, found: readFound(answer, keys) };
}

/** Looks at the keys of a transaction, all at one revision. */
export async function lookAt(
  connection: Connection,
  transaction: Transaction,
  timeoutMs: number,
): Promise<{ readonly found: Found; readonly revision: Revision }> {
  const keys = keysOf(transaction);
  const request = { success: keys.map(toLook) };
  const answer = await connection.call((etcd) => etcd.kv.txn(request), timeoutMs);
  return { found: readFound(answer, keys), revision: readRevision(answer.header.revision) };
}

/** The key that a write is about. */
export function keyOf(write: Write): string {
  return "put" in write ? write.put : write.delete;
}

/** Whether a condition holds for what was found at its key. */
export function holds(condition: Condition, record: StoredRecord | undefined): boolean {
  if ("modRevision" in condition) return (record?.modRevision ?? 0) === condition.modRevision;
  return (record === undefined) === (condition.is === "absent");
}

// A transaction is done as a whole or not at all, so it is enough to look at the first of very many keys.
function keysOf({ writes, conditions }: Transaction): readonly string[] {
  const keys = new Set([...conditions.map(({ key }) => key), ...writes.map(keyOf)]);
  return [...keys].slice(0, MAX_OPERATIONS);
}

function readFound({ responses }: ITxnResponse, keys: readonly string[]): Found {
  return new Map(
    keys.map((key, index) => {
      const kv = responses[index]?.response_range.kvs[0];
      return [key, kv && toRecord(kv)];
    }),
  );
}

// By number, as they go over the wire: the package's names are others than the protocol's, a wrong one is taken for 0, and
// its enums would load all of it.
const RESULT = { equal: 0, greater: 1 } as const satisfies Record<string, CompareResult>;
const TARGET = { create: 1, mod: 2 } as const satisfies Record<string, CompareTarget>;

function toCompare(condition: Condition): ICompare {
  const key = Buffer.from(condition.key);
  if ("modRevision" in condition) {
    return { key, result: RESULT.equal, target: TARGET.mod, mod_revision: condition.modRevision };
  }
  const result = condition.is === "absent" ? RESULT.equal : RESULT.greater;
  return { key, result, target: TARGET.create, create_revision: 0 };
}

function toOperation(write: Write): IRequestOp {
  if ("delete" in write) return { request_delete_range: { key: Buffer.from(write.delete) } };
  const { put, value, lease } = write;
  return {
    request_put: { key: Buffer.from(put), value: Buffer.from(value), ...(lease !== undefined && { lease }) },
  };
}

function toLook(key: string): IRequestOp {
  return { request_range: { key: Buffer.from(key) } };
}
