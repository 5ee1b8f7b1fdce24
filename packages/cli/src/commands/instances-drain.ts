import type { Command } from "commander";

import { parseInstancePlace } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type WriteFlags, addWriteOptions, formatRevision } from "../writing/commit-write.ts";
import { setInstanceState } from "../writing/set-instance-state.ts";

interface DrainFlags extends ConnectionFlags, WriteFlags {
  readonly json?: true;
}

const HELP = `
A draining instance takes no new requests; those that run, finish. Its lease stays.

Examples:
  wayleave instances drain shop/shop-1 --wait
  wayleave instances undrain shop/shop-1

--json prints {"revision", "app", "id", "record"}; revision is null in a dry run.`;

/** Adds `wayleave instances drain`. */
export function addInstancesDrain(instances: Command): void {
  const command = instances
    .command("drain")
    .summary("send an instance no new requests")
    .description("Send an instance no new requests.")
    .argument("<app/id>", "the instance")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(drainInstance);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function drainInstance(text: string, flags: DrainFlags): Promise<void> {
  const { app, id } = parseInstancePlace(text);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const context = { store, keys, output, flags };
    const { revision, record } = await setInstanceState(context, { app, id }, "draining");
    output.json({ revision: revision ?? null, app, id, record });
    output.line(`instance ${app}/${id} is draining ${formatRevision(revision)}`);
    if (revision !== undefined) output.hint(`back: wayleave instances undrain ${app}/${id}`);
  });
}
