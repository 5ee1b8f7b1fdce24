import { keysUnder } from "@wayleave/records";
import type { Command } from "commander";

import { createOutput } from "../output/output.ts";
import { loadTableFile } from "../table-file/load-table-file.ts";
import { wrapHelp } from "../output/wrap-help.ts";

const HELP = `
Asks nobody: etcd need not run. Mistakes go to stderr, one a line, as FILE:LINE:COLUMN: reason; then the exit
code is 6.

A table file:
  routes:
    shop.example.com/api:
      to: [{ app: shop, version: v2 }]
    "*.example.com":                # a leading * needs quotes
      to: [{ app: front }]
      timeouts: { answerHeadMs: 30000 }
  instances:                        # static ones; registered instances keep themselves
    legacy/one: { address: 10.0.0.3, port: 8080 }
  settings:                         # defaults for every route
    retries: { attempts: 2 }
  tests:                            # see wayleave test
    - { url: shop.example.com/api, expect: { app: shop } }

Example:
  wayleave validate -f table.yaml

--json prints {"file", "records"}: the number of good records.`;

/** Adds `wayleave validate`. */
export function addValidate(program: Command): void {
  program
    .command("validate")
    .summary("check a table file")
    .description("Check a table file without etcd.")
    .requiredOption("-f, --file <file>", "YAML or JSON; - is stdin")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(validate);
}

async function validate(flags: { readonly file: string; readonly json?: true }): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  const { records } = await loadTableFile(flags.file, keysUnder(), output);
  output.json({ file: flags.file, records: records.length });
  output.line(`${flags.file} is good: ${records.length} ${records.length === 1 ? "record" : "records"}`);
  output.hint(`next: wayleave diff -f ${flags.file}`);
}
