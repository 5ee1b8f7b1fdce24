import type { Command } from "commander";

import { parseInstancePlace } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type WriteFlags, addWriteOptions, formatRevision } from "../writing/commit-write.ts";
import { setInstanceState } from "../writing/set-instance-state.ts";

interface UndrainFlags extends ConnectionFlags, WriteFlags {
  readonly json?: true;
}

const HELP = `
Its program must still run: a drained instance is not checked.

Examples:
  wayleave instances undrain shop/shop-1
  wayleave instances undrain shop/shop-1 --wait --json

--json prints {"revision", "app", "id", "record"}; revision is null in a dry run.`;

/** Adds `wayleave instances undrain`. */
export function addInstancesUndrain(instances: Command): void {
  const command = instances
    .command("undrain")
    .summary("send a drained instance requests again")
    .description("Send an instance requests again that was drained.")
    .argument("<app/id>", "the instance")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(undrainInstance);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function undrainInstance(text: string, flags: UndrainFlags): Promise<void> {
  const { app, id } = parseInstancePlace(text);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const context = { store, keys, output, flags };
    const { revision, record } = await setInstanceState(context, { app, id }, "ready");
    output.json({ revision: revision ?? null, app, id, record });
    output.line(`instance ${app}/${id} is ready ${formatRevision(revision)}`);
    if (revision !== undefined) output.hint(`next: wayleave instances ls ${app}`);
  });
}
