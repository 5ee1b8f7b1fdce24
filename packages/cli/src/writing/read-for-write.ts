import type { Condition, Store, StoredRecord } from "@wayleave/store";

import { CommandError } from "../exit-codes.ts";

/**
 * Reads the record that is about to be changed. Throws a CommandError (conflict) when it was not last
 * written at `ifRevision` (0: when it exists at all).
 */
export async function readForWrite(
  store: Store,
  { key, what, ifRevision }: { key: string; what: string; ifRevision?: number | undefined },
): Promise<StoredRecord | undefined> {
  const { record } = await store.get(key);
  const revision = record?.modRevision ?? 0;
  if (ifRevision === undefined || ifRevision === revision) return record;
  const state = record === undefined ? "does not exist" : `was last written at revision ${revision}`;
  throw new CommandError("conflict", `${what} ${state}, not at ${ifRevision}; nothing was written`);
}

/** Holds as long as nobody has written the key since it was read. */
export function conditionOn(key: string, record: StoredRecord | undefined): Condition {
  return record === undefined ? { key, is: "absent" } : { key, modRevision: record.modRevision };
}
