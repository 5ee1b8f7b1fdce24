import { parseInstance } from "@wayleave/records";
import type { Command } from "commander";
import { stringify } from "yaml";

import { parseInstancePlace } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { isLeased } from "../reading/read-table.ts";
import { objectOf } from "../writing/record-json.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface GetFlags extends ConnectionFlags {
  readonly json?: true;
}

const HELP = `
Examples:
  wayleave instances get shop/shop-1
  wayleave instances get shop/shop-1 --json | jq .record.address

--json prints {"app", "id", "revision", "lease", "leaseSecondsLeft", "record"}; lease and leaseSecondsLeft are null for a static
instance.`;

/** Adds `wayleave instances get`. */
export function addInstancesGet(instances: Command): void {
  const command = instances
    .command("get")
    .summary("show one instance")
    .description("Show the record of an instance.")
    .argument("<app/id>", "the instance")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(getInstance);
  addConnectionOptions(command);
}

async function getInstance(text: string, flags: GetFlags): Promise<void> {
  const { app, id } = parseInstancePlace(text);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const { record } = await store.get(keys.instance(app, id));
    if (record === undefined) throw new CommandError("notFound", `there is no instance ${app}/${id}`);
    const parsed = parseInstance(record.value);
    if (!parsed.ok) output.warn(`no router can use this record: ${parsed.reason}`);
    const json = objectOf(record) ?? record.value;
    const lease = isLeased(record) ? record.lease : null;
    const left = lease === null ? undefined : await store.leaseSecondsLeft(lease);
    output.json({
      app,
      id,
      revision: record.modRevision,
      lease,
      leaseSecondsLeft: left ?? null,
      record: json,
    });
    output.line(stringify({ instances: { [`${app}/${id}`]: json } }).trimEnd());
    const held = lease === null ? "static" : `held by lease ${lease}, which has ${left ?? 0}s left`;
    output.hint(`# last written at revision ${record.modRevision}, ${held}`);
  });
}
