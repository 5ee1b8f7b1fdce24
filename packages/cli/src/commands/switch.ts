import { parseRoute } from "@wayleave/records";
import type { Command } from "commander";

import { formatDestination, parseDestination } from "../arguments/destination.ts";
import { parseRoutePlace } from "../arguments/place.ts";
import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { countReady } from "../reading/count-ready.ts";
import { type WriteFlags, addWriteOptions, commitWrite, formatRevision } from "../writing/commit-write.ts";
import { conditionOn } from "../writing/read-for-write.ts";
import { objectOf } from "../writing/record-json.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface SwitchFlags extends ConnectionFlags, WriteFlags {
  readonly to: string;
  readonly json?: true;
}

const HELP = `
One revision moves all of the route's traffic; requests that run, finish where they are. Nothing else about the route
changes. Says on stderr when nobody is ready to take the traffic, and switches all the same.

Examples:
  wayleave switch shop.example.com --to shop@v2 --wait
  wayleave switch shop.example.com/api --to shop-green

--json prints {"revision", "host", "path", "from": [destination], "to": [destination]}; revision is null in a dry run.`;

/** Adds `wayleave switch`. */
export function addSwitch(program: Command): void {
  const command = program
    .command("switch")
    .summary("lead a route to another app or version")
    .description("Lead a route to another app or version, all at once (blue-green).")
    .argument("<host[/path]>", "the place of the route")
    .requiredOption("--to <app[@version]>", "where it leads from now on")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(switchRoute);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function switchRoute(text: string, flags: SwitchFlags): Promise<void> {
  const { host, path } = parseRoutePlace(text);
  const destination = parseDestination(flags.to);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const key = keys.route(host, path);
    const { record: found } = await store.get(key);
    if (found === undefined) throw new CommandError("notFound", `there is no route ${host}${path}`);
    const old = parseRoute(found.value);
    const from = old.ok ? old.value.to : [];
    if ((await countReady(store, keys, destination)).ready === 0) {
      output.warn(`${flags.to} has no ready instance: requests get 503 until it has`);
    }
    const value = JSON.stringify({ ...objectOf(found), to: [destination] });
    valueOrInvalid(parseRoute(value), `route ${host}${path}`);
    const planned = { writes: [{ put: key, value }], conditions: [conditionOn(key, found)] };
    const revision = await commitWrite({ store, keys, output, flags }, planned);
    output.json({ revision: revision ?? null, host, path, from, to: [destination] });
    output.line(
      `switched ${host}${path} from ${from.map(formatDestination).join(", ") || "nothing"} to ${formatDestination(destination)} ${formatRevision(revision)}`,
    );
    const back = from.map((previous) => ` --to ${formatDestination(previous)}`).join("");
    if (revision !== undefined && from.length > 0)
      output.hint(`back: wayleave routes set ${host}${path}${back}`);
  });
}
