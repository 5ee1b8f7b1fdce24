import type { Command } from "commander";

import { parseInstancePlace } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type WriteFlags, addWriteOptions, commitWrite, formatRevision } from "../writing/commit-write.ts";
import { setInstanceState } from "../writing/set-instance-state.ts";

interface EvictFlags extends ConnectionFlags, WriteFlags {
  readonly json?: true;
}

const HELP = `
Marks it as draining, waits until every live router has applied that (--wait-timeout), and removes its record: no request is
lost, and those that run, finish. Its program is left alone: under a registrar it stays out until it is started anew, or until
its lease is lost and it registers again. To end a program, stop it.

Examples:
  wayleave instances evict shop/shop-1
  wayleave instances evict shop/shop-1 --wait --wait-timeout 2m

--json prints {"revision", "app", "id"}; revision is that of the removal, null in a dry run.`;

/** Adds `wayleave instances evict`. */
export function addInstancesEvict(instances: Command): void {
  const command = instances
    .command("evict")
    .summary("drain an instance, then remove its record")
    .description("Take an instance out without losing a request, whoever holds it.")
    .argument("<app/id>", "the instance")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(evictInstance);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function evictInstance(text: string, flags: EvictFlags): Promise<void> {
  const { app, id } = parseInstancePlace(text);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const context = { store, keys, output, flags };
    const drain = { ...context, flags: { ...flags, wait: true } };
    const { revision: drained } = await setInstanceState(drain, { app, id }, "draining");
    const key = keys.instance(app, id);
    // Whoever wrote it in the meantime, as to undrain it, wants it to stay.
    const conditions = drained === undefined ? [] : [{ key, modRevision: drained }];
    const revision = await commitWrite(context, { writes: [{ delete: key }], conditions });
    output.json({ revision: revision ?? null, app, id });
    output.line(`evicted instance ${app}/${id} ${formatRevision(revision)}`);
    if (revision !== undefined) output.hint(`next: wayleave instances ls ${app}`);
  });
}
