// What the commands that set a record have in common: its fields, by options or as JSON, and what stays of the old ones.

import type { Command } from "commander";

import { CommandError } from "../exit-codes.ts";
import { ifRevisionOption } from "../writing/read-for-write.ts";
import { type JsonObject, parseRecordJson } from "../writing/record-json.ts";
import { readSource } from "../yaml-source.ts";
import { type PolicyChange, type PolicyFlags, policyChange, withFieldsWithin } from "./policy-flags.ts";

/** The options, by their names. */
export interface RecordFlags extends PolicyFlags {
  readonly record?: string;
  readonly file?: string;
  readonly replace?: true;
  readonly ifRevision?: number;
}

/** Adds the options of a record of which `what` there is one; the policy's are added apart. */
export function addRecordOptions(command: Command, what: string): void {
  command
    .option("--record <json>", "fields of the record, or all of it, as JSON")
    .option("-f, --file <file>", "the same from a file; - is stdin")
    .option("--replace", "replace the record whole")
    .addOption(ifRevisionOption(what));
}

/**
 * What the options ask for, checked, as a change of the record; `own` is what this kind of record has besides a policy.
 * Throws a CommandError before etcd is asked; `hint` says then what could be set.
 */
export async function recordChange(
  flags: RecordFlags,
  own: PolicyChange,
  hint: string,
): Promise<(old: JsonObject) => JsonObject> {
  if (flags.record !== undefined && flags.file !== undefined) {
    throw new CommandError("usage", "--record and --file exclude each other");
  }
  const text = flags.file === undefined ? flags.record : await readSource(flags.file);
  const policy = await policyChange(flags);
  const fields = { ...(text !== undefined && parseRecordJson(text)), ...own.fields, ...policy.fields };
  const within = { ...policy.within, ...own.within };
  if (Object.keys(withFieldsWithin(fields, within)).length === 0)
    throw new CommandError("usage", `there is nothing to set: ${hint}`);
  return (old) => withFieldsWithin({ ...old, ...fields }, within);
}
