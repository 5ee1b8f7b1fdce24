import { etcdError } from "./etcd-error.ts";
import { keyRange } from "./key-range.ts";
import { type Leases, NO_LEASE } from "./leases.ts";
import type { Transaction, View } from "./mvcc-store.ts";
import { type RevisionHeader, toWire, type WireKeyValue } from "./range.ts";

/** etcd's message. */
export interface PutRequest {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly lease: string;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

/** etcd's message. */
export interface PutResponse {
  readonly header: RevisionHeader;
  readonly prevKv?: WireKeyValue;
}

/** Throws unless the request could be a put at all. */
export function checkPut(request: PutRequest): void {
  if (request.key.length === 0) throw etcdError("empty-key");
  if (request.ignoreValue && request.value.length > 0) throw etcdError("value-provided");
  if (request.ignoreLease && request.lease !== NO_LEASE) throw etcdError("lease-provided");
}

/** Throws when the put wants a lease that is not there. */
export function checkPutLease(leases: Leases, { lease }: PutRequest): void {
  if (lease !== NO_LEASE && !leases.has(lease)) throw etcdError("lease-not-found");
}

/** Throws when the put wants to keep a part of what is not there. */
export function checkPutKey(view: View, request: PutRequest): void {
  if (!request.ignoreValue && !request.ignoreLease) return;
  if (view.range(keyRange(request.key, NO_END)).count === 0) throw etcdError("key-not-found");
}

/** Puts; the checks must have passed. */
export function applyPut(transaction: Transaction, request: PutRequest): PutResponse {
  const key = request.key.toString("latin1");
  const before = transaction.get(key);
  // A copy: the request's Buffer is a part of a whole message, which it would keep in memory.
  const value = request.ignoreValue && before ? before.value : Buffer.from(request.value);
  const lease = request.ignoreLease && before ? before.lease : request.lease;
  transaction.put(key, value, lease);
  const header = { revision: transaction.revision };
  return request.prevKv && before ? { header, prevKv: toWire(before) } : { header };
}

const NO_END = Buffer.alloc(0);
