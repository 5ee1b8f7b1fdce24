import type { Command } from "commander";
import { stringify } from "yaml";

import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { EXIT } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { type ReadTable, isLeased, readTable } from "../reading/read-table.ts";
import { type JsonObject, objectOf } from "../writing/record-json.ts";
import { wrapHelp } from "../output/wrap-help.ts";

const HELP = `
Settings, routes, static instances and certificates with sealed keys, all of one revision, as "wayleave apply -f" takes them: applying an
export changes nothing. Registered instances are not in it: they keep themselves. Records that no router can use are
not either; they are named on stderr.

Exit codes: 0 ok, 1 something was left out, 2 usage, 5 etcd does not answer.

Examples:
  wayleave export > table.yaml
  wayleave export --json | jq '.routes | keys'

--json prints the same file as JSON: {"settings", "routes": {"host/path": record}, "instances": {"app/id": record},
"certificates": {"name": record}}.`;

interface ExportFlags extends ConnectionFlags {
  readonly json?: true;
}

/** Adds `wayleave export`. */
export function addExport(program: Command): void {
  const command = program
    .command("export")
    .summary("print the table as a file")
    .description("Print the table as a file for apply.")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(exportTable);
  addConnectionOptions(command);
}

async function exportTable(flags: ExportFlags): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const table = await withProgress("reading the table", () => readTable(store, keys));
    const file = fileOf(table);
    output.json(file);
    output.line(stringify(file, { lineWidth: 0 }).trimEnd());
    for (const { key, revision, reason } of table.bad)
      output.warn(`left out ${key} (revision ${revision}): ${reason}`);
    const plain = table.certificates.filter(({ parsed }) => !isSealed(parsed));
    for (const { stored } of plain) output.warn(`left out ${stored.key}: its key is not sealed`);
    if (table.bad.length + plain.length > 0) process.exitCode = EXIT.failed;
  });
}

function isSealed({ certificate }: ReadTable["certificates"][number]["parsed"]): boolean {
  return typeof certificate.key !== "string";
}

function fileOf({
  settings,
  routes,
  instances,
  certificates,
}: ReadTable): Record<string, JsonObject | undefined> {
  const statics = instances.filter(({ stored }) => !isLeased(stored));
  return {
    ...(settings !== undefined && { settings: objectOf(settings.stored) }),
    routes: Object.fromEntries(
      routes.map(({ stored, parsed: { host, path } }) => [host + path, objectOf(stored)]),
    ),
    instances: Object.fromEntries(
      statics.map(({ stored, parsed: { app, id } }) => [`${app}/${id}`, objectOf(stored)]),
    ),
    ...(certificates.length > 0 && {
      certificates: Object.fromEntries(
        certificates
          .filter(({ parsed }) => isSealed(parsed))
          .map(({ stored, parsed: { name } }) => [name, objectOf(stored)]),
      ),
    }),
  };
}
