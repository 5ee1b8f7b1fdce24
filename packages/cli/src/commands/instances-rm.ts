import type { Command } from "commander";

import { parseInstancePlace } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { isLeased } from "../reading/read-table.ts";
import { type WriteFlags, addWriteOptions } from "../writing/commit-write.ts";
import { removeRecords } from "../writing/remove-records.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface RmFlags extends ConnectionFlags, WriteFlags {
  readonly force?: true;
  readonly json?: true;
}

const HELP = `
Requests that run on it finish. An instance that a registrar holds goes by stopping its program; --force removes
the record all the same (the registrar puts it back when it loses its lease).

Examples:
  wayleave instances rm legacy/one
  wayleave instances drain legacy/one --wait && wayleave instances rm legacy/one

--json prints {"revision", "removed": ["app/id", ...]}; revision is null in a dry run.`;

/** Adds `wayleave instances rm`. */
export function addInstancesRm(instances: Command): void {
  const command = instances
    .command("rm")
    .summary("remove instances")
    .description("Remove instances, all in one revision or none.")
    .argument("<app/id...>", "the instances")
    .option("--force", "also those that a registrar holds")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(removeInstances);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function removeInstances(texts: readonly string[], flags: RmFlags): Promise<void> {
  const places = texts.map(parseInstancePlace);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const targets = places.map(({ app, id }) => ({
      key: keys.instance(app, id),
      kind: "instance" as const,
      name: `${app}/${id}`,
    }));
    await removeRecords({ store, keys, output, flags }, targets, (record, { name }) => {
      if (!isLeased(record) || flags.force === true) return;
      throw new CommandError(
        "conflict",
        `instance ${name} is held by a running registrar: stop its program, or give --force`,
      );
    });
  });
}
