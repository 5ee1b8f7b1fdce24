// Every command of `wayleave`, put together.

import { readFileSync } from "node:fs";

import { Command } from "commander";

import { addApply } from "./commands/apply.ts";
import { addCertificates } from "./commands/certificates.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConfig } from "./commands/config.ts";
import { addDev } from "./commands/dev.ts";
import { addDiff } from "./commands/diff.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEvents } from "./commands/events.ts";
import { addExplain } from "./commands/explain.ts";
import { addExport } from "./commands/export.ts";
import { addInstances } from "./commands/instances.ts";
import { addOpen } from "./commands/open.ts";
import { addReload } from "./commands/reload.ts";
import { addRouter } from "./commands/router.ts";
import { addRoutes } from "./commands/routes.ts";
import { addRegister } from "./commands/register.ts";
import { addRun } from "./commands/run.ts";
import { addSettings } from "./commands/settings.ts";
import { addStatus } from "./commands/status.ts";
import { addSwitch } from "./commands/switch.ts";
import { addTap } from "./commands/tap.ts";
import { addTest } from "./commands/test.ts";
import { addTop } from "./commands/top.ts";
import { addValidate } from "./commands/validate.ts";
import { addWait } from "./commands/wait.ts";
import { addGlobalConnectionOptions } from "./connection.ts";
import { wrapHelp } from "./output/wrap-help.ts";
import { completeSettings } from "./settings.ts";
import { isObject } from "./writing/record-json.ts";

const HELP = `
Every setting has three places: a flag, the environment (--state-dir is WAYLEAVE_STATE_DIR) and wayleave.yaml
(state-dir: ...), and the first of them that says something counts.

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 conflict, 5 unreachable, 6 invalid input.

Example:
  wayleave dev                                           # etcd, a router and demo apps, all in one
  wayleave routes set shop.example.com/api --to shop --wait
  wayleave explain https://shop.example.com/api/cart`;

/** The `wayleave` command with all of its commands, which do nothing before it parses. */
export function createProgram(): Command {
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
  addReload(program);
  addRun(program);
  addRegister(program);
  program.commandsGroup("Records:");
  addRoutes(program);
  addInstances(program);
  addCertificates(program);
  addSettings(program);
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
  addTop(program);
  addTap(program);
  addEvents(program);
  addOpen(program);
  addWait(program);
  addDoctor(program);
  addConfig(program);
  addCompletion(program);
  addGlobalConnectionOptions(program);
  return program;
}

/** `error: unknown option '--x'\n(Did you mean ...?)` as one line of ours. */
function oneLine(text: string): string {
  return `wayleave: ${text
    .replace(/^error: /, "")
    .trimEnd()
    .replaceAll("\n", " ")}\n`;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return isObject(manifest) ? String(manifest["version"]) : "unknown";
}
