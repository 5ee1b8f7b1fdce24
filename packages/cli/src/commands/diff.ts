import { keysUnder } from "@wayleave/records";
import type { Command } from "commander";

import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { EXIT } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { changeAsJson, describeChange } from "../table-file/describe-change.ts";
import { loadTableFile } from "../table-file/load-table-file.ts";
import { planChanges } from "../table-file/plan-changes.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface DiffFlags extends ConnectionFlags {
  readonly file: string;
  readonly prune?: true;
  readonly json?: true;
}

const HELP = `
Without --prune, what is only in etcd is no difference.

Exit codes: 0 apply would change nothing, 1 it would, 2 usage, 5 etcd does not answer, 6 the file is not valid.

Examples:
  wayleave diff -f table.yaml
  wayleave diff -f table.yaml --prune --json | jq '.changes[].what'

--json prints {"revision", "changes": [{"action": "create|update|delete", "what", "key", "before", "after"}]}.`;

/** Adds `wayleave diff`. */
export function addDiff(program: Command): void {
  const command = program
    .command("diff")
    .summary("what apply would change")
    .description("Show what apply would change.")
    .requiredOption("-f, --file <file>", "table file, see wayleave validate; - is stdin")
    .option("--prune", "count what the file does not name as removed")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(diff);
  addConnectionOptions(command);
}

async function diff(flags: DiffFlags): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  const file = await loadTableFile(flags.file, keysUnder(flags.prefix), output);
  await withStore(flags, async ({ store, keys }) => {
    const { records, revision } = await store.list(keys.table);
    const changes = planChanges(file, { records, keys, isPruning: flags.prune === true });
    output.json({ revision, changes: changes.map(changeAsJson) });
    for (const line of changes.flatMap(describeChange)) output.line(line);
    if (changes.length === 0) return output.hint("nothing differs");
    process.exitCode = EXIT.failed;
    if (flags.file !== "-")
      output.hint(`next: wayleave apply -f ${flags.file}${flags.prune ? " --prune" : ""}`);
  });
}
