import { parseInstance } from "@wayleave/records";
import type { Command } from "commander";

import { parseInstancePlace } from "../arguments/place.ts";
import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { isLeased } from "../reading/read-table.ts";
import { type WriteFlags, addWriteOptions, commitWrite, formatRevision } from "../writing/commit-write.ts";
import { conditionOn } from "../writing/read-for-write.ts";
import { objectOf } from "../writing/record-json.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface DrainFlags extends ConnectionFlags, WriteFlags {
  readonly undo?: true;
  readonly json?: true;
}

const HELP = `
A draining instance takes no new requests; those that run, finish. Its lease stays.

Examples:
  wayleave instances drain shop/shop-1 --wait
  wayleave instances drain shop/shop-1 --undo

--json prints {"revision", "app", "id", "record"}; revision is null in a dry run.`;

/** Adds `wayleave instances drain`. */
export function addInstancesDrain(instances: Command): void {
  const command = instances
    .command("drain")
    .summary("send an instance no new requests")
    .description("Send an instance no new requests.")
    .argument("<app/id>", "the instance")
    .option("--undo", "make it ready again")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(drainInstance);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function drainInstance(text: string, flags: DrainFlags): Promise<void> {
  const { app, id } = parseInstancePlace(text);
  const what = `instance ${app}/${id}`;
  const state = flags.undo ? "ready" : "draining";
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const key = keys.instance(app, id);
    const { record: found } = await store.get(key);
    if (found === undefined) throw new CommandError("notFound", `there is no ${what}`);
    valueOrInvalid(parseInstance(found.value), what);
    const record = { ...objectOf(found), state };
    const put = { put: key, value: JSON.stringify(record), ...(isLeased(found) && { lease: found.lease }) };
    const planned = { writes: [put], conditions: [conditionOn(key, found)] };
    const revision = await commitWrite({ store, keys, output, flags }, planned);
    output.json({ revision: revision ?? null, app, id, record });
    output.line(`${what} is ${state} ${formatRevision(revision)}`);
    if (revision !== undefined && state === "draining")
      output.hint(`back: wayleave instances drain ${app}/${id} --undo`);
  });
}
