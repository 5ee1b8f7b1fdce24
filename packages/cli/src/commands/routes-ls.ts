import type { Command } from "commander";

import { formatAffinity, formatBalance } from "../arguments/balance.ts";
import { formatDestination } from "../arguments/destination.ts";
import { parseHostAlone } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { objectOf } from "../writing/record-json.ts";
import { warnOfBad } from "../reading/warn-of-bad.ts";
import { type ReadTable, readTable } from "../reading/read-table.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface LsFlags extends ConnectionFlags {
  readonly json?: true;
}

const HELP = `
Examples:
  wayleave routes ls
  wayleave routes ls shop.example.com
  wayleave routes ls --json | jq -r '.routes[] | .host + .path'

In a pipe: one route a line, tab-separated, without headings: place, destinations, policy, revision.
--json prints {"revision", "routes": [{"host", "path", "revision", "record"}], "bad": [{"key", "revision",
"reason"}]}; bad holds the records that no router can use.`;

/** Adds `wayleave routes ls`. */
export function addRoutesLs(routes: Command): void {
  const command = routes
    .command("ls")
    .summary("list routes")
    .description("List all routes, or those of one host.")
    .argument("[host]", "only the routes of this host, as it is written (no matching)")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(listRoutes);
  addConnectionOptions(command);
}

async function listRoutes(host: string | undefined, flags: LsFlags): Promise<void> {
  const only = host === undefined ? undefined : parseHostAlone(host);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const table = await withProgress("reading the table", () =>
      readTable(store, keys, only === undefined ? keys.routes : keys.route(only, "/")),
    );
    output.json({
      revision: table.revision,
      routes: table.routes.map(({ stored, parsed: { host: of, path } }) => ({
        host: of,
        path,
        revision: stored.modRevision,
        record: objectOf(stored),
      })),
      bad: table.bad,
    });
    output.table({
      headings: ["ROUTE", "TO", "POLICY", "REVISION"],
      rows: table.routes.map(rowOf),
      spare: ["REVISION", "POLICY"],
      numbers: ["REVISION"],
    });
    warnOfBad(output, table.bad);
    if (table.routes.length === 0) output.hint("no routes. next: wayleave routes set HOST[/PATH] --to APP");
  });
}

function rowOf({ stored, parsed: { host, path, route } }: ReadTable["routes"][number]): string[] {
  const policy = [
    route.balance === undefined ? "" : formatBalance(route.balance),
    route.affinity === undefined ? "" : formatAffinity(route.affinity),
  ].filter((part) => part !== "");
  const to = route.to.map(formatDestination).join(", ");
  return [host + path, to, policy.join(" ") || "-", String(stored.modRevision)];
}
