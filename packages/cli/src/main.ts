// The `wayleave` command: reads its arguments, runs one command, and says by its exit code how that went.

import { readFileSync } from "node:fs";

import { StoreError } from "@wayleave/store";
import { Command, CommanderError } from "commander";

import { addApply } from "./commands/apply.ts";
import { addDev } from "./commands/dev.ts";
import { addDiff } from "./commands/diff.ts";
import { addExplain } from "./commands/explain.ts";
import { addExport } from "./commands/export.ts";
import { addInstances } from "./commands/instances.ts";
import { addRouter } from "./commands/router.ts";
import { addRoutes } from "./commands/routes.ts";
import { addRun } from "./commands/run.ts";
import { addStatus } from "./commands/status.ts";
import { addSwitch } from "./commands/switch.ts";
import { addTest } from "./commands/test.ts";
import { addValidate } from "./commands/validate.ts";
import { addWait } from "./commands/wait.ts";
import { addGlobalConnectionOptions } from "./connection.ts";
import { CommandError, EXIT, exitCodeOf } from "./exit-codes.ts";
import { completeSettings } from "./settings.ts";
import { isObject } from "./writing/record-json.ts";
import { wrapHelp } from "./output/wrap-help.ts";

const HELP = `
Every setting has three places: a flag, the environment (--state-dir is WAYLEAVE_STATE_DIR) and wayleave.yaml
(state-dir: ...), and the first of them that says something counts.

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 conflict, 5 unreachable, 6 invalid input.

Example:
  wayleave dev                                           # etcd, a router and demo apps, all in one
  wayleave routes set shop.example.com/api --to shop --wait
  wayleave explain https://shop.example.com/api/cart`;

dropEmptyEnvironment();
for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

function createProgram(): Command {
  const program = new Command("wayleave")
    .description(
      "An HTTP router for platforms: routes and instances are records in etcd, applied one revision at a time.",
    )
    .version(readVersion())
    .enablePositionalOptions() // what follows a command's name is that command's
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
    .addHelpText("after", wrapHelp(HELP));
  program.hook("preAction", (_, command) => completeSettings(program, command));
  program.commandsGroup("Run:");
  addDev(program);
  addRouter(program);
  addRun(program);
  program.commandsGroup("Records:");
  addRoutes(program);
  addInstances(program);
  addSwitch(program);
  program.commandsGroup("Files:");
  addApply(program);
  addDiff(program);
  addExport(program);
  addValidate(program);
  addTest(program);
  program.commandsGroup("Look:");
  addExplain(program);
  addStatus(program);
  addWait(program);
  addGlobalConnectionOptions(program);
  return program;
}

/** Tells the error on stderr, unless commander has, and gives the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  // What the system refuses (a port that is taken, a file that is not ours) explains itself.
  const isForeseen =
    error instanceof CommandError ||
    error instanceof StoreError ||
    (error instanceof Error && "syscall" in error);
  const text =
    error instanceof Error ? (isForeseen ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`wayleave: ${isForeseen ? "" : "this should not have happened: "}${text}\n`);
  return exitCodeOf(error);
}

/** `error: unknown option '--x'\n(Did you mean ...?)` as one line of ours. */
function oneLine(text: string): string {
  return `wayleave: ${text
    .replace(/^error: /, "")
    .trimEnd()
    .replaceAll("\n", " ")}\n`;
}

/** Whoever reads our output may stop reading, as `head` does; what the command does goes on to its end. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** `WAYLEAVE_ETCD=` is how compose files and manifests say that a setting is not set. */
function dropEmptyEnvironment(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("WAYLEAVE_") && value === "") delete process.env[name];
  }
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return isObject(manifest) ? String(manifest["version"]) : "unknown";
}
