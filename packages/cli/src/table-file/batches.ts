import type { PlannedChange } from "./plan-changes.ts";

const MAX_CHANGES = 128; // etcd's default --max-txn-ops
const MAX_BYTES = 1024 * 1024; // etcd's default --max-request-bytes is 1.5 MiB, with keys and framing

/** Cuts changes, in their order, into transactions that etcd takes. Pure. */
export function batches(changes: readonly PlannedChange[]): PlannedChange[][] {
  const all: PlannedChange[][] = [];
  let batch: PlannedChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    const size = sizeOf(change);
    if (batch.length === MAX_CHANGES || (batch.length > 0 && bytes + size > MAX_BYTES)) {
      all.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(change);
    bytes += size;
  }
  return batch.length > 0 ? [...all, batch] : all;
}

function sizeOf({ write, key }: PlannedChange): number {
  // The key stands in the write and in its condition.
  return 2 * Buffer.byteLength(key) + ("value" in write ? Buffer.byteLength(write.value) : 0);
}
