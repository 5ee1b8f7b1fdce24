import { parseSettings } from "@wayleave/records";
import type { Command } from "commander";
import { stringify } from "yaml";

import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { objectOf } from "../writing/record-json.ts";

interface GetFlags extends ConnectionFlags {
  readonly json?: true;
}

const HELP = `
As a part of a table file, see wayleave apply. Where nothing is set, the built-in defaults hold, see
docs/reference/settings.md.

Examples:
  wayleave settings get
  wayleave settings get --json | jq .record.timeouts

--json prints {"revision", "record"}; revision 0: there is no record.`;

/** Adds `wayleave settings get`. */
export function addSettingsGet(settings: Command): void {
  const command = settings
    .command("get")
    .summary("show the defaults of all routes")
    .description("Show what is set as the default of all routes.")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(getSettings);
  addConnectionOptions(command);
}

async function getSettings(flags: GetFlags): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const { record } = await store.get(keys.settings);
    const parsed = record && parseSettings(record.value);
    if (parsed?.ok === false) output.warn(`no router can use this record: ${parsed.reason}`);
    const json = record === undefined ? {} : (objectOf(record) ?? record.value);
    output.json({ revision: record?.modRevision ?? 0, record: json });
    output.line(stringify({ settings: json }).trimEnd());
    output.hint(record ? `# last written at revision ${record.modRevision}` : "# never written");
  });
}
