import type { Command } from "commander";

import { type ConnectionFlags, addConnectionOptions } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { settingsInForce } from "../settings.ts";

const HELP = `
A setting is said by a flag, else by its environment variable (--state-dir is WAYLEAVE_STATE_DIR), else by the settings file
(state-dir: ...), else it has its default. The file is the one of --config or WAYLEAVE_CONFIG, else wayleave.yaml in the
current directory when there is one; a name in it that is no setting is refused with its line.

Exit codes: 0 ok, 2 usage, 6 the settings file is not valid.

Examples:
  wayleave config
  wayleave config --json | jq '.settings[] | select(.from != "default")'

In a pipe: one setting a line, tab-separated, without headings: name, value, where it is said.
--json prints {"settings": [{"name", "value", "from"}]}; from is a flag, a variable, FILE:LINE:COLUMN, or "default", and value is
null where nothing is said and there is no default.`;

/** Adds `wayleave config`. */
export function addConfig(program: Command): void {
  const command = program
    .command("config")
    .summary("the settings in force, and where each is said")
    .description("Show every setting as it is in force, and where it is said.")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action((flags: ConnectionFlags & { readonly json?: true }, self: Command) =>
      showSettings(program, self, flags.json === true),
    );
  addConnectionOptions(command);
}

async function showSettings(program: Command, self: Command, isJson: boolean): Promise<void> {
  const output = createOutput({ isJson });
  const settings = await settingsInForce(program, self);
  output.json({ settings });
  output.table({
    headings: ["SETTING", "VALUE", "FROM"],
    rows: settings.map(({ name, value, from }) => [name, value ?? "-", from]),
  });
}
