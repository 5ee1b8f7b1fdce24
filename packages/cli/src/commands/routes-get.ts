import { parseRoute } from "@wayleave/records";
import type { Command } from "commander";
import { stringify } from "yaml";

import { parseRoutePlace } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { objectOf } from "../writing/record-json.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface GetFlags extends ConnectionFlags {
  readonly json?: true;
}

const HELP = `
Prints it as YAML that "wayleave apply -f" takes.

Examples:
  wayleave routes get shop.example.com/api
  wayleave routes get shop.example.com --json | jq .record.to

--json prints {"host", "path", "revision", "record"}.`;

/** Adds `wayleave routes get`. */
export function addRoutesGet(routes: Command): void {
  const command = routes
    .command("get")
    .summary("show one route")
    .description("Show the route at a place. To find the route of a URL, see wayleave explain.")
    .argument("<host[/path]>", "the place")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(getRoute);
  addConnectionOptions(command);
}

async function getRoute(text: string, flags: GetFlags): Promise<void> {
  const { host, path } = parseRoutePlace(text);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const { record } = await store.get(keys.route(host, path));
    if (record === undefined) throw new CommandError("notFound", `there is no route ${host}${path}`);
    const parsed = parseRoute(record.value);
    if (!parsed.ok) output.warn(`no router can use this record: ${parsed.reason}`);
    const json = objectOf(record) ?? record.value;
    output.json({ host, path, revision: record.modRevision, record: json });
    output.line(stringify({ routes: { [host + path]: json } }).trimEnd());
    output.hint(`# last written at revision ${record.modRevision}`);
  });
}
