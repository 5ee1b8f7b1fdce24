import type { StoreEvent } from "./mvcc-store.ts";
import { toWire, type WireKeyValue } from "./range.ts";

/** An event as it goes over the wire: a delete has only the key and the revision. */
export interface WireEvent {
  readonly type: 0 | 1; // put, delete
  readonly kv: WireKeyValue | { readonly key: Buffer; readonly modRevision: number };
  readonly prevKv?: WireKeyValue;
}

/** Makes the wire's event of a store's. */
export function toWireEvent(
  { key, current, previous }: StoreEvent,
  { revision, withPrevious }: { revision: number; withPrevious: boolean },
): WireEvent {
  const prevKv = withPrevious && previous !== undefined && { prevKv: toWire(previous) };
  if (current !== undefined) return { type: 0, kv: toWire(current), ...prevKv };
  return { type: 1, kv: { key: Buffer.from(key, "latin1"), modRevision: revision }, ...prevKv };
}

// etcd's --max-request-bytes, and what it allows gRPC to add.
const MOST_BYTES_AT_ONCE = 2 * 1024 * 1024;
const OTHER_FIELDS_BYTES = 48;

/** Cuts events into the parts that fragmented answers have, each below etcd's size unless it has one event only. */
export function fragments(
  events: readonly WireEvent[],
  mostBytes: number = MOST_BYTES_AT_ONCE,
): WireEvent[][] {
  const parts: WireEvent[][] = [];
  let part: WireEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = sizeOf(event.kv) + sizeOf(event.prevKv);
    if (part.length > 0 && bytes + size >= mostBytes) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(event);
    bytes += size;
  }
  return [...parts, part];
}

function sizeOf(kv: WireEvent["kv"] | undefined): number {
  if (kv === undefined) return 0;
  return OTHER_FIELDS_BYTES + kv.key.length + ("value" in kv ? kv.value.length : 0);
}
