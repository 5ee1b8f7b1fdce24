import type { Change, StoredRecord } from "./store.ts";

/**
 * Brings records that were listed at one revision forward by the changes that came after it. Changes at or before
 * that revision are in the list already.
 */
export function rollForward(
  listed: { readonly records: readonly StoredRecord[]; readonly revision: number },
  changes: readonly Change[],
): { readonly records: readonly StoredRecord[]; readonly revision: number } {
  const later = changes.filter(({ revision }) => revision > listed.revision);
  const last = later.at(-1);
  if (last === undefined) return listed;
  const records = new Map(listed.records.map((record) => [record.key, record]));
  for (const { puts, deletes } of later) {
    for (const key of deletes) records.delete(key);
    for (const record of puts) records.set(record.key, record);
  }
  return { records: [...records.values()], revision: last.revision };
}
