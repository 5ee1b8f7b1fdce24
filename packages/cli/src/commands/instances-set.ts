import { type Instance, formatAddress, parseAddressAndPort, parseInstance } from "@wayleave/records";
import type { StoredRecord } from "@wayleave/store";
import { type Command, Option } from "commander";

import { parseWeight } from "../arguments/destination.ts";
import { collectPairs } from "../arguments/pairs.ts";
import { parseInstancePlace } from "../arguments/place.ts";
import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { isLeased } from "../reading/read-table.ts";
import { type WriteFlags, addWriteOptions, commitWrite, formatRevision } from "../writing/commit-write.ts";
import { conditionOn, ifRevisionOption, readForWrite } from "../writing/read-for-write.ts";
import { type JsonObject, joinField, objectOf } from "../writing/record-json.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { PROTOCOLS } from "./instance-flags.ts";

interface SetFlags extends ConnectionFlags, WriteFlags {
  readonly version?: string;
  readonly zone?: string;
  readonly protocol?: Instance["protocol"];
  readonly weight?: string;
  readonly tag?: Record<string, string>;
  readonly replace?: true;
  readonly force?: true;
  readonly ifRevision?: number;
  readonly json?: true;
}

const HELP = `
A static instance stays until it is removed: nobody looks whether it runs. For a program that you start, use
wayleave run instead. Of an instance that exists, only what you name is changed; --replace keeps nothing. Its
state becomes ready.

Examples:
  wayleave instances set legacy/one 10.0.0.3:8080
  wayleave instances set legacy/two [2001:db8::7]:8080 --version v2 --weight 2 --tag rack=b --wait

--json prints {"revision", "app", "id", "record"}; revision is null in a dry run.`;

/** Adds `wayleave instances set`. */
export function addInstancesSet(instances: Command): void {
  const command = instances
    .command("set")
    .summary("create or change a static instance")
    .description("Create or change a static instance: one without a lease.")
    .argument("<app/id>", "the instance")
    .argument("<address:port>", "an IP address, not a name, and a port")
    .option("--version <version>", "what a route's APP@VERSION selects")
    .option("--zone <zone>", "where it runs")
    .addOption(new Option("--protocol <protocol>", "what it speaks; http when not said").choices(PROTOCOLS))
    .option("--weight <n>", "its share among the instances; 1 when not said")
    .option("--tag <key=value>", "a tag; repeatable", collectPairs)
    .option("--replace", "replace the record whole")
    .option("--force", "take over the record of a registrar")
    .addOption(ifRevisionOption("it was"))
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(setInstance);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function setInstance(text: string, addressText: string, flags: SetFlags): Promise<void> {
  const { app, id } = parseInstancePlace(text);
  const what = `instance ${app}/${id}`;
  const at = valueOrInvalid(parseAddressAndPort(addressText));
  const change = changeFrom(at, flags);
  valueOrInvalid(parseInstance(JSON.stringify(change({}))), what);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const key = keys.instance(app, id);
    const found = await readForWrite(store, { key, what, ifRevision: flags.ifRevision });
    if (flags.force !== true) refuseLeased(found, what);
    const record = change((flags.replace ? undefined : objectOf(found)) ?? {});
    valueOrInvalid(parseInstance(JSON.stringify(record)), what);
    const planned = {
      writes: [{ put: key, value: JSON.stringify(record) }],
      conditions: [conditionOn(key, found)],
    };
    const revision = await commitWrite({ store, keys, output, flags }, planned);
    output.json({ revision: revision ?? null, app, id, record });
    output.line(
      `${found === undefined ? "created" : "changed"} ${what} at ${formatAddress(at.address, at.port)} ${formatRevision(revision)}`,
    );
    if (revision !== undefined) output.hint(`next: wayleave routes set HOST[/PATH] --to ${app}`);
  });
}

function changeFrom(
  { address, port }: { address: string; port: number },
  flags: SetFlags,
): (old: JsonObject) => JsonObject {
  const fields: JsonObject = {
    address,
    port,
    state: "ready",
    ...(flags.version !== undefined && { version: flags.version }),
    ...(flags.zone !== undefined && { zone: flags.zone }),
    ...(flags.protocol !== undefined && { protocol: flags.protocol }),
    ...(flags.weight !== undefined && { weight: parseWeight(flags.weight) }),
  };
  return (old) => {
    const record = { ...old, ...fields };
    return flags.tag === undefined ? record : joinField(record, "tags", flags.tag);
  };
}

function refuseLeased(found: StoredRecord | undefined, what: string): void {
  if (found === undefined || !isLeased(found)) return;
  throw new CommandError(
    "conflict",
    `${what} is held by lease ${found.lease} of a running registrar; --force makes it static`,
  );
}
