import { etcdError } from "./etcd-error.ts";
import { keyRange } from "./key-range.ts";
import type { Transaction } from "./mvcc-store.ts";
import { type RevisionHeader, toWire, type WireKeyValue } from "./range.ts";

/** etcd's message. */
export interface DeleteRangeRequest {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
  readonly prevKv: boolean;
}

/** etcd's message. */
export interface DeleteRangeResponse {
  readonly header: RevisionHeader;
  readonly deleted: number;
  readonly prevKvs: readonly WireKeyValue[];
}

/** Throws unless the request could be a delete at all. */
export function checkDeleteRange(request: DeleteRangeRequest): void {
  if (request.key.length === 0) throw etcdError("empty-key");
}

/** Deletes the keys of a range; none is no error, and no new revision. */
export function applyDeleteRange(transaction: Transaction, request: DeleteRangeRequest): DeleteRangeResponse {
  const before = transaction.deleteRange(keyRange(request.key, request.rangeEnd));
  return {
    header: { revision: transaction.revision },
    deleted: before.length,
    prevKvs: request.prevKv ? before.map(toWire) : [],
  };
}
