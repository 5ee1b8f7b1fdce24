import type { Condition, Store, StoredRecord } from "@wayleave/store";
import { Option } from "commander";

import { wholeNumber } from "../arguments/pairs.ts";
import { CommandError } from "../exit-codes.ts";

/** The option of {@link readForWrite}; `subject` with its verb, as in "it was". */
export function ifRevisionOption(subject: string): Option {
  const description = `only if ${subject} last written at this revision (0: only if new)`;
  return new Option("--if-revision <n>", description).argParser(wholeNumber(0));
}

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
