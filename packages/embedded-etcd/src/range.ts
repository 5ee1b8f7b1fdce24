import { etcdError } from "./etcd-error.ts";
import { keyRange } from "./key-range.ts";
import type { KeyValue, MvccStore, View } from "./mvcc-store.ts";

/** etcd's message, as all of them here: int64 are decimal strings, and every field is set. */
export interface RangeRequest {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
  readonly limit: string;
  readonly revision: string;
  readonly sortOrder: number;
  readonly sortTarget: number;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  readonly minModRevision: string;
  readonly maxModRevision: string;
  readonly minCreateRevision: string;
  readonly maxCreateRevision: string;
}

/** The part of a header that every answer inside of a transaction has. */
export interface RevisionHeader {
  readonly revision: number;
}

/** etcd's message; `count` is without the limit. */
export interface RangeResponse {
  readonly header: RevisionHeader;
  readonly kvs: readonly WireKeyValue[];
  readonly more: boolean;
  readonly count: number;
}

/** A version of a key as it goes over the wire. */
export interface WireKeyValue extends Omit<KeyValue, "key"> {
  readonly key: Buffer;
}

/** A version of a key, ready for the wire. */
export function toWire(kv: KeyValue): WireKeyValue {
  return { ...kv, key: Buffer.from(kv.key, "latin1") };
}

/** Throws unless the request could be a range at all. */
export function checkRange(request: RangeRequest): void {
  if (request.key.length === 0) throw etcdError("empty-key");
}

/** Throws `compacted` and `future-revision`, as etcd does before a transaction. */
export function checkRangeRevision(store: MvccStore, request: RangeRequest): void {
  const revision = Number(request.revision);
  if (revision > store.revision) throw etcdError("future-revision");
  if (revision !== 0 && revision < store.compactRevision) throw etcdError("compacted");
}

/** Answers a range from a store or a transaction. Throws `compacted` and `future-revision`. */
export function applyRange(view: View, request: RangeRequest): RangeResponse {
  const revision = Number(request.revision);
  const limit = Number(request.limit);
  const mayStopEarly = request.sortOrder === NO_SORT && !hasBounds(request);
  const found = view.range(keyRange(request.key, request.rangeEnd), {
    revision,
    // One more than asked for tells whether there are more.
    limit: mayStopEarly && limit > 0 ? limit + 1 : 0,
  });
  const header = { revision: view.revision };
  if (request.countOnly) return { header, kvs: [], more: false, count: found.count };
  const sorted = sort(
    found.kvs.filter((kv) => isWithinBounds(kv, request)),
    request,
  );
  const more = limit > 0 && sorted.length > limit;
  const kvs = (more ? sorted.slice(0, limit) : sorted).map(toWire);
  return {
    header,
    kvs: request.keysOnly ? kvs.map((kv) => ({ ...kv, value: NO_VALUE })) : kvs,
    more,
    count: found.count,
  };
}

const NO_VALUE = Buffer.alloc(0);
const NO_SORT = 0;
const DESCENDING = 2;
const BY_KEY = 0;

type Order = (a: KeyValue, b: KeyValue) => number;

// By RangeRequest.SortTarget.
const ORDERS: readonly Order[] = [
  (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)),
  (a, b) => a.version - b.version,
  (a, b) => a.createRevision - b.createRevision,
  (a, b) => a.modRevision - b.modRevision,
  (a, b) => Buffer.compare(a.value, b.value),
];

function sort(kvs: KeyValue[], { sortOrder, sortTarget }: RangeRequest): KeyValue[] {
  const order = ORDERS[sortTarget];
  // Keys come in order, and a target without an order means ascending.
  if (order === undefined || (sortOrder !== DESCENDING && sortTarget === BY_KEY)) return kvs;
  return kvs.toSorted(sortOrder === DESCENDING ? (a, b) => -order(a, b) : order);
}

function hasBounds(request: RangeRequest): boolean {
  return (
    request.minModRevision !== "0" ||
    request.maxModRevision !== "0" ||
    request.minCreateRevision !== "0" ||
    request.maxCreateRevision !== "0"
  );
}

function isWithinBounds(kv: KeyValue, request: RangeRequest): boolean {
  return (
    isWithin(kv.modRevision, Number(request.minModRevision), Number(request.maxModRevision)) &&
    isWithin(kv.createRevision, Number(request.minCreateRevision), Number(request.maxCreateRevision))
  );
}

function isWithin(revision: number, least: number, most: number): boolean {
  return (least === 0 || revision >= least) && (most === 0 || revision <= most);
}
