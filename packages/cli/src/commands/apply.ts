import { keysUnder } from "@wayleave/records";
import type { Revision } from "@wayleave/store";
import type { Command } from "commander";

import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { startProgress } from "../output/progress.ts";
import { batches } from "../table-file/batches.ts";
import { changeAsJson, describeChange } from "../table-file/describe-change.ts";
import { loadTableFile } from "../table-file/load-table-file.ts";
import { type PlannedChange, planChanges } from "../table-file/plan-changes.ts";
import {
  type WriteContext,
  type WriteFlags,
  addWriteOptions,
  commitWrite,
  formatRevision,
} from "../writing/commit-write.ts";
import { waitUntilRouted } from "../writing/wait-until-routed.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface ApplyFlags extends ConnectionFlags, WriteFlags {
  readonly file: string;
  readonly prune?: true;
  readonly json?: true;
}

const HELP = `
Up to 128 changes are one revision: routers apply all of them at once. More go in batches, in an order in which no
route leads to an instance that is not there yet, and the command says so. What is the same already is not
written. Nothing is removed without --prune; with it, routes, static instances and certificates that the file does not name are,
when the file has that section at all. Registered instances and settings are never removed.

Examples:
  wayleave apply -f table.yaml --wait
  wayleave apply -f table.yaml --prune --dry-run
  wayleave export | sed 's/shop-old/shop/' | wayleave apply -f -

--json prints {"revision", "revisions", "changes": [{"action", "what", "key", "before", "after"}]}; revision is the last
one, null when nothing was written.`;

/** Adds `wayleave apply`. */
export function addApply(program: Command): void {
  const command = program
    .command("apply")
    .summary("make the table what a file says")
    .description("Make the table what a file says.")
    .requiredOption("-f, --file <file>", "table file, see wayleave validate; - is stdin")
    .option("--prune", "remove what the file does not name")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(apply);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function apply(flags: ApplyFlags): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  const file = await loadTableFile(flags.file, keysUnder(flags.prefix), output);
  await withStore(flags, async ({ store, keys }) => {
    const { records } = await store.list(keys.table);
    const changes = planChanges(file, { records, keys, isPruning: flags.prune === true });
    const revisions = await applyAll({ store, keys, output, flags }, changes);
    output.json({ revision: revisions.at(-1) ?? null, revisions, changes: changes.map(changeAsJson) });
    for (const line of changes.flatMap(describeChange)) output.line(line);
    if (changes.length === 0) output.line("nothing to change");
    else output.line(`${countOf(changes)} ${formatRevision(revisions.at(-1))}`);
    const next = nextAfter(flags, changes.length, revisions.at(-1));
    if (next !== undefined) output.hint(`next: wayleave ${next}`);
  });
}

function nextAfter(flags: ApplyFlags, changes: number, last: Revision | undefined): string | undefined {
  if (changes === 0 || flags.wait) return "status";
  if (last === undefined) return flags.file === "-" ? undefined : `apply -f ${flags.file}`;
  return `wait --revision ${last}`;
}

/** Gives the revisions written, in order. With `--wait` waits for the last one: it has the others in it. */
async function applyAll(context: WriteContext, changes: readonly PlannedChange[]): Promise<Revision[]> {
  const parts = batches(changes);
  if (parts.length > 1) {
    context.output.warn(
      `${changes.length} changes do not fit into one transaction: ${parts.length} batches, each one revision`,
    );
  }
  const revisions = await writeBatches(context, parts);
  const last = revisions.at(-1);
  if (last !== undefined && context.flags.wait) {
    await waitUntilRouted(context, { revision: last, timeoutMs: context.flags.waitTimeout, isOurs: true });
  }
  return revisions;
}

async function writeBatches(
  context: WriteContext,
  parts: readonly (readonly PlannedChange[])[],
): Promise<Revision[]> {
  const revisions: Revision[] = [];
  using progress = startProgress("writing");
  for (const [index, part] of parts.entries()) {
    progress.update(`writing batch ${index + 1} of ${parts.length}`);
    const revision = await applyBatch(context, part, { done: revisions.length, of: parts.length });
    if (revision !== undefined) revisions.push(revision);
  }
  return revisions;
}

async function applyBatch(
  context: WriteContext,
  part: readonly PlannedChange[],
  { done, of }: { done: number; of: number },
): Promise<Revision | undefined> {
  const planned = {
    writes: part.map(({ write }) => write),
    conditions: part.map(({ condition }) => condition),
  };
  try {
    return await commitWrite({ ...context, flags: { ...context.flags, wait: false } }, planned);
  } catch (error) {
    if (done > 0)
      context.output.warn(`${done} of ${of} batches are written; this one and those after it are not`);
    throw error;
  }
}

function countOf(changes: readonly PlannedChange[]): string {
  const count = (action: PlannedChange["action"]): number =>
    changes.filter((change) => change.action === action).length;
  return `${count("create")} created, ${count("update")} changed, ${count("delete")} removed`;
}
