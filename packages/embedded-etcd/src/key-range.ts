/**
 * The keys from `from` on that come before `to`; all that follow when `to` is undefined. Keys are bytes, held as latin1
 * strings: those compare as the bytes do.
 */
export interface KeyRange {
  readonly from: string;
  readonly to: string | undefined;
}

/** Reads a range as requests have it: no end means this one key, and an end of one zero byte all keys from it on. */
export function keyRange(key: Buffer, rangeEnd: Buffer): KeyRange {
  const from = key.toString("latin1");
  if (rangeEnd.length === 0) return { from, to: `${from}\0` };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { from, to: undefined };
  return { from, to: rangeEnd.toString("latin1") };
}

/** Whether a key lies in a range. */
export function isInRange(key: string, { from, to }: KeyRange): boolean {
  return key >= from && (to === undefined || key < to);
}
