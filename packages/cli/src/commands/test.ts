import { type Keys, keysUnder } from "@wayleave/records";
import type { TableInput } from "@wayleave/router";
import type { Command } from "commander";

import { type ConnectionFlags, addConnectionOptions, prefixOf, withStore } from "../connection.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { paint, printable } from "../output/paint.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { TableRevisions } from "../static-table/table-revisions.ts";
import { type Mismatch, judgeTest } from "../table-file/judge-test.ts";
import { loadTableFile } from "../table-file/load-table-file.ts";
import type { TableFile } from "../table-file/read-table-file.ts";
import type { FileTest } from "../table-file/read-tests.ts";

interface TestFlags extends ConnectionFlags {
  readonly file: string;
  readonly zone?: string;
  readonly json?: true;
}

const HELP = `
Asks the router's own functions what would become of each request, by the records of the file; with --etcd on the command line, by those
in etcd. No request is sent. What is expected must hold whichever destination has its turn: app and version are those
that every share of the route leads to. In the file's own records an app without instances is no failure, unless the file names
instances of it: registered instances keep themselves.

  tests:
    - url: https://shop.example.com/api/cart
      method: POST                           # GET when not said
      headers: { Cookie: "session=7" }       # a list for several of one name
      client: 203.0.113.9
      expect: { app: shop, version: v2, route: shop.example.com/api }
    - url: http://unknown.example.com/
      expect: { failure: unknown-route, status: 404 }

failure is bad-request (400), unknown-route (404), no-instances or instances-saturated (503). Exit code 0 when all hold, 1 when one does
not; 6 for a file with mistakes or without tests.

Examples:
  wayleave test -f table.yaml
  wayleave test -f table.yaml --etcd http://10.0.0.2:2379

--json prints {"file", "revision", "passed", "failed", "tests": [{"at", "url", "ok", "mismatches": [{"field", "expected", "found"}]}]}; revision is
null for the file's own records.`;

/** Adds `wayleave test`. */
export function addTest(program: Command): void {
  const command = program
    .command("test")
    .summary("run the tests of a table file")
    .description("Run the tests that a table file holds: where requests would go.")
    .requiredOption("-f, --file <file>", "table file, see wayleave validate; - is stdin")
    .option("--zone <zone>", "the router's zone")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action((flags: TestFlags, self: Command) =>
      runTests(flags, self.getOptionValueSource("etcd") === "cli"),
    );
  addConnectionOptions(command);
}

async function runTests(flags: TestFlags, isLive: boolean): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  const keys = keysUnder(prefixOf(flags));
  const file = await loadTableFile(flags.file, keys, output);
  if (file.tests.length === 0) throw new CommandError("invalid", `${flags.file} has no tests`);
  const input = isLive ? await withStore(flags, ({ store }) => store.list(keys.table)) : ownRecords(file);
  const zone = flags.zone === undefined ? {} : { zone: flags.zone };
  const results = await judgeAll(file.tests, { ...input, keys, ...zone }, isLive);
  const failed = results.filter(({ mismatches }) => mismatches.length > 0);
  output.json({
    file: flags.file,
    revision: isLive ? input.revision : null,
    passed: results.length - failed.length,
    failed: failed.length,
    tests: results.map(({ test: { at, request }, mismatches }) => ({
      at,
      url: request.url,
      ok: mismatches.length === 0,
      mismatches,
    })),
  });
  for (const { test, mismatches } of failed) output.line(describe(test, mismatches));
  output.line(`${results.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) process.exitCode = EXIT.failed;
}

function ownRecords(file: TableFile): Pick<TableInput, "records" | "revision"> {
  const table = new TableRevisions();
  table.take(file.records);
  return { records: table.records, revision: table.revision };
}

interface Result {
  readonly test: FileTest;
  readonly mismatches: readonly Mismatch[];
}

async function judgeAll(tests: readonly FileTest[], input: TableInput, isLive: boolean): Promise<Result[]> {
  const { buildTable, explainRequest } = await import("@wayleave/router");
  const { table } = buildTable(input);
  return tests.map((test) => {
    const needsInstances = isLive || hasInstances(input.keys, input, test.expect.app);
    return {
      test,
      mismatches: judgeTest(test.expect, explainRequest(table, test.request), { needsInstances }),
    };
  });
}

function hasInstances(keys: Keys, { records }: TableInput, app: string | undefined): boolean {
  return app !== undefined && records.some(({ key }) => key.startsWith(keys.app(app)));
}

function describe({ at, request }: FileTest, mismatches: readonly Mismatch[]): string {
  const wrong = mismatches.map(({ field, expected, found }) => `${field} is ${found}, not ${expected}`);
  return `${at}: ${paint("red", printable(request.url))}: ${printable(wrong.join("; "))}`;
}
