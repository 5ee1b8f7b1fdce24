import { keyRange } from "./key-range.ts";
import type { KeyValue, View } from "./mvcc-store.ts";

/** etcd's message: a condition of a transaction. */
export interface Compare {
  readonly result: number;
  readonly target: number;
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
  // A oneof: those that are not set are absent, and count as zero or empty.
  readonly version?: string;
  readonly createRevision?: string;
  readonly modRevision?: string;
  readonly value?: Buffer;
  readonly lease?: string;
}

const VALUE = 3; // Compare.CompareTarget
const EMPTY = Buffer.alloc(0);

/**
 * Whether a condition of a transaction holds: for every key of its range. A key that is not there compares as one with
 * version and revisions 0, and its value compares as nothing at all.
 */
export function holds(view: View, compare: Compare): boolean {
  const { kvs } = view.range(keyRange(compare.key, compare.rangeEnd));
  if (kvs.length > 0) return kvs.every((kv) => holdsFor(kv, compare));
  return compare.target !== VALUE && holdsFor(undefined, compare);
}

function holdsFor(kv: KeyValue | undefined, compare: Compare): boolean {
  const difference = compareTarget(kv, compare);
  switch (compare.result) {
    case 0:
      return difference === 0;
    case 1:
      return difference > 0;
    case 2:
      return difference < 0;
    case 3:
      return difference !== 0;
    default:
      return true; // so does etcd
  }
}

// By Compare.CompareTarget.
function compareTarget(kv: KeyValue | undefined, compare: Compare): number {
  switch (compare.target) {
    case 0:
      return compareInt64(kv?.version, compare.version);
    case 1:
      return compareInt64(kv?.createRevision, compare.createRevision);
    case 2:
      return compareInt64(kv?.modRevision, compare.modRevision);
    case VALUE:
      return Buffer.compare(kv?.value ?? EMPTY, compare.value ?? EMPTY);
    case 4:
      return compareInt64(kv?.lease, compare.lease);
    default:
      return 0;
  }
}

function compareInt64(actual: number | string = 0, wanted: string = "0"): number {
  const difference = BigInt(actual) - BigInt(wanted);
  return difference < 0n ? -1 : Number(difference > 0n);
}
