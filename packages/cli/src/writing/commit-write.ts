import type { Keys } from "@wayleave/records";
import { type Condition, type Revision, type Store, StoreError, type Write } from "@wayleave/store";
import type { Command } from "commander";

import { durationOption } from "../arguments/duration.ts";
import { CommandError } from "../exit-codes.ts";
import { describeKey } from "../reading/describe-key.ts";
import type { Output } from "../output/output.ts";
import { waitUntilRouted } from "./wait-until-routed.ts";

/** The values of the options that {@link addWriteOptions} adds. */
export interface WriteFlags {
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly waitTimeout: number;
}

/** What a writing command works with. */
export interface WriteContext {
  readonly store: Store;
  readonly keys: Keys;
  readonly output: Output;
  readonly flags: WriteFlags;
}

/** One transaction. */
export interface PlannedWrite {
  readonly writes: readonly Write[];
  readonly conditions: readonly Condition[];
}

/** Adds the options that every writing command has. */
export function addWriteOptions(command: Command): Command {
  return command
    .optionsGroup("Writing:")
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--wait", "wait until every live router routes by this write")
    .addOption(durationOption("--wait-timeout <duration>", "how long --wait waits", 30_000));
}

/**
 * Writes in one transaction, and with `--wait` waits for the routers. Gives the write's revision;
 * undefined in a dry run. Throws a CommandError (conflict) when a condition does not hold any more.
 */
export async function commitWrite(
  context: WriteContext,
  planned: PlannedWrite,
): Promise<Revision | undefined> {
  if (context.flags.dryRun) return undefined;
  const revision = await commit(context, planned);
  if (context.flags.wait)
    await waitUntilRouted(context, { revision, timeoutMs: context.flags.waitTimeout, isOurs: true });
  return revision;
}

/** How a line on a write ends: `(revision 42)`, or that it was none. */
export function formatRevision(revision: Revision | undefined): string {
  return revision === undefined ? "(dry run: nothing was written)" : `(revision ${revision})`;
}

async function commit(
  { store, keys }: WriteContext,
  { writes, conditions }: PlannedWrite,
): Promise<Revision> {
  try {
    return await store.commit(writes, conditions);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "conflict") throw error;
    const what = error.key === undefined ? "a record" : describeKey(keys, error.key);
    const message = `${what} was changed by somebody else in the meantime, so nothing was written. Look, and run it again`;
    throw new CommandError("conflict", message, { cause: error });
  }
}
