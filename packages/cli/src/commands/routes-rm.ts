import type { Command } from "commander";

import { parseRoutePlace } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { type WriteFlags, addWriteOptions } from "../writing/commit-write.ts";
import { removeRecords } from "../writing/remove-records.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface RmFlags extends ConnectionFlags, WriteFlags {
  readonly json?: true;
}

const HELP = `
All of them go in one revision, or none.

Examples:
  wayleave routes rm shop.example.com/api
  wayleave routes rm old.example.com legacy.example.com --wait

--json prints {"revision", "removed": ["host/path", ...]}; revision is null in a dry run.`;

/** Adds `wayleave routes rm`. */
export function addRoutesRm(routes: Command): void {
  const command = routes
    .command("rm")
    .summary("remove routes")
    .description("Remove routes: their places answer 404, or fall to a shorter path.")
    .argument("<host[/path]...>", "the places")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(removeRoutes);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function removeRoutes(texts: readonly string[], flags: RmFlags): Promise<void> {
  const places = texts.map(parseRoutePlace);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const targets = places.map(({ host, path }) => ({
      key: keys.route(host, path),
      kind: "route" as const,
      name: host + path,
    }));
    await removeRecords({ store, keys, output, flags }, targets);
  });
}
