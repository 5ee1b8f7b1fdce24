import type { Revision } from "./store.ts";

/** Reads an int64 as etcd3 gives it, a decimal string. Throws a RangeError for what a number cannot hold. */
export function readRevision(text: string): Revision {
  const revision = Number(text);
  if (!Number.isSafeInteger(revision)) throw new RangeError(`etcd's revision ${text} is not a safe integer`);
  return revision;
}
