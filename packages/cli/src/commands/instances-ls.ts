import { formatAddress } from "@wayleave/records";
import type { Command } from "commander";

import { parseApp } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { leaseSeconds } from "../reading/lease-seconds.ts";
import { type ReadTable, isLeased, readTable } from "../reading/read-table.ts";
import { warnOfBad } from "../reading/warn-of-bad.ts";
import { objectOf } from "../writing/record-json.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface LsFlags extends ConnectionFlags {
  readonly json?: true;
}

const HELP = `
HELD tells what keeps the record: the lease of a running registrar, or nothing but the table (static). LEASE LEFT is
when it is gone unless the registrar renews it, which it does at a third of its time; of the first 500 leases.

Examples:
  wayleave instances ls
  wayleave instances ls shop
  wayleave instances ls --json | jq '[.instances[] | select(.record.state == "draining")]'

In a pipe: one instance a line, tab-separated, without headings: instance, address, state, held, version,
zone, weight, revision, seconds that the lease has left.
--json prints {"revision", "instances": [{"app", "id", "revision", "lease", "leaseSecondsLeft", "record"}], "bad": [{"key",
"revision", "reason"}]}; lease is null for a static instance, and leaseSecondsLeft where it is not
known.`;

const HEADINGS = [
  "INSTANCE",
  "ADDRESS",
  "STATE",
  "HELD",
  "VERSION",
  "ZONE",
  "WEIGHT",
  "REVISION",
  "LEASE LEFT",
];

/** Adds `wayleave instances ls`. */
export function addInstancesLs(instances: Command): void {
  const command = instances
    .command("ls")
    .summary("list instances")
    .description("List all instances, or those of one app.")
    .argument("[app]", "only the instances of this app")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(listInstances);
  addConnectionOptions(command);
}

async function listInstances(app: string | undefined, flags: LsFlags): Promise<void> {
  const only = app === undefined ? undefined : parseApp(app);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const table = await withProgress("reading the table", () =>
      readTable(store, keys, only === undefined ? keys.instances : keys.app(only)),
    );
    const leases = table.instances.map(({ stored }) => stored).filter(isLeased);
    const secondsByLease = await leaseSeconds(
      store,
      leases.map(({ lease }) => lease),
    );
    output.json({
      revision: table.revision,
      instances: table.instances.map(({ stored, parsed }) => ({
        app: parsed.app,
        id: parsed.id,
        revision: stored.modRevision,
        lease: isLeased(stored) ? stored.lease : null,
        leaseSecondsLeft: secondsByLease.get(stored.lease) ?? null,
        record: objectOf(stored),
      })),
      bad: table.bad,
    });
    output.table({
      headings: HEADINGS,
      rows: table.instances.map((instance) => rowOf(instance, secondsByLease)),
      spare: ["REVISION", "WEIGHT", "ZONE", "VERSION", "LEASE LEFT"],
      numbers: ["WEIGHT", "REVISION", "LEASE LEFT"],
    });
    warnOfBad(output, table.bad);
    if (table.instances.length === 0)
      output.hint("no instances. next: wayleave run --app APP --port PORT -- COMMAND");
  });
}

function rowOf(
  { stored, parsed: { app, id, instance } }: ReadTable["instances"][number],
  secondsByLease: ReadonlyMap<string, number>,
): string[] {
  const left = secondsByLease.get(stored.lease);
  return [
    `${app}/${id}`,
    formatAddress(instance.address, instance.port),
    instance.state,
    isLeased(stored) ? "lease" : "static",
    instance.version ?? "-",
    instance.zone ?? "-",
    instance.weight === undefined ? "-" : String(instance.weight),
    String(stored.modRevision),
    left === undefined ? "-" : `${left}s`,
  ];
}
