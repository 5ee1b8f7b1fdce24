import { etcdError } from "./etcd-error.ts";
import { isInRange, type KeyRange, keyRange } from "./key-range.ts";
import type { RequestOp, TxnRequest } from "./txn.ts";

interface Writes {
  readonly puts: Set<string>;
  readonly deletes: KeyRange[];
}

/** Throws `duplicate-key` when a transaction could put a key twice, or put and delete it. */
export function checkKeysPutOnce({ success, failure }: TxnRequest): void {
  writesOf(success);
  writesOf(failure);
}

function writesOf(ops: readonly RequestOp[]): Writes {
  const writes: Writes = { puts: new Set(), deletes: [] };
  for (const op of ops) {
    if (op.request !== "requestDeleteRange") continue;
    const { key, rangeEnd } = op.requestDeleteRange;
    writes.deletes.push(keyRange(key, rangeEnd));
  }
  for (const op of ops) {
    if (op.request === "requestTxn") addNested(writes, op.requestTxn);
  }
  for (const op of ops) {
    if (op.request === "requestPut") addPut(writes, op.requestPut.key.toString("latin1"));
  }
  return writes;
}

function addNested(writes: Writes, { success, failure }: TxnRequest): void {
  const either = writesOf(success);
  const or = writesOf(failure);
  // Only one of the two happens, so both may put the same key.
  for (const key of new Set([...either.puts, ...or.puts])) addPut(writes, key);
  writes.deletes.push(...either.deletes, ...or.deletes);
}

function addPut({ puts, deletes }: Writes, key: string): void {
  if (puts.has(key) || deletes.some((range) => isInRange(key, range))) throw etcdError("duplicate-key");
  puts.add(key);
}
