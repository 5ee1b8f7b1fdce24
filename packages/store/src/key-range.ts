/** A range of keys as etcd asks for it: from `key` up to `range_end`, which is not in it. */
export interface KeyRange {
  readonly key: Buffer;
  readonly range_end: Buffer;
}

/** All keys that begin with a prefix; the empty prefix is all keys. */
export function rangeOfPrefix(prefix: string): KeyRange {
  const key = Buffer.from(prefix);
  const end = Buffer.from(key);
  for (let i = end.length - 1; i >= 0; i--) {
    const byte = end[i] ?? 0xff;
    if (byte === 0xff) continue;
    end[i] = byte + 1;
    return { key, range_end: end.subarray(0, i + 1) };
  }
  return { key: key.length === 0 ? ZERO : key, range_end: ZERO }; // etcd: "\0" means up to the last key
}

/** What is left of a range after a key that was read. */
export function rangeAfter(range: KeyRange, lastKey: Buffer): KeyRange {
  return { key: Buffer.concat([lastKey, ZERO]), range_end: range.range_end };
}

const ZERO = Buffer.from([0]);
