import type { Command } from "commander";

import { parseDurationMs } from "../arguments/duration.ts";
import { parseApp } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, prefixOf, storeSettings } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { setting } from "../settings.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type InstanceFlags, addInstanceOptions, instanceOptions, parsePort } from "./instance-flags.ts";

interface RunFlags extends ConnectionFlags, InstanceFlags {
  readonly app?: string;
  readonly port?: number | "auto";
  readonly killAfter?: number;
}

const HELP = `
The program is registered once its port accepts (and --health answers 2xx), and for as long as it runs. On SIGTERM or
Ctrl-C the routers stop sending to it first, and only then does it get the signal.

Exit codes: the program's own; before it starts 1 failed, 2 usage, 6 a setting is not valid.

Examples:
  wayleave run --app shop --port 3000 -- node server.js
  wayleave run --app shop --port auto --version v2 --health /healthz -- ./shop   # finds a free port, given as PORT`;

/** Adds `wayleave run`. */
export function addRun(program: Command): void {
  const command = program
    .command("run")
    .summary("run a program as an instance of an app")
    .description("Run a program, registered as an instance of an app for as long as it runs.")
    .usage("--app APP --port PORT [options] -- COMMAND [ARGUMENT...]")
    .argument("[command...]", "the program and its arguments, after --")
    .addOption(setting("--app <app>", "the app that it serves"))
    .addOption(
      setting("--port <port>", "the port that it listens on, or auto; also its PORT").argParser(
        parsePortOrAuto,
      ),
    )
    .addOption(
      setting("--kill-after <duration>", "kill the program this long after a signal").argParser(
        parseDurationMs,
      ),
    )
    .addHelpText("after", wrapHelp(HELP))
    .action(run);
  addInstanceOptions(command);
  addConnectionOptions(command);
}

async function run([program, ...args]: readonly string[], flags: RunFlags): Promise<void> {
  if (flags.app === undefined) throw new CommandError("usage", "run needs --app APP");
  if (program === undefined)
    throw new CommandError("usage", "run needs a command: wayleave run --app APP --port PORT -- COMMAND");
  if (flags.port === undefined && process.env["PORT"] === undefined) {
    throw new CommandError("usage", "run needs --port PORT, or PORT in the environment");
  }
  const app = parseApp(flags.app);
  const etcd = await storeSettings(flags);
  const { RegistrarError, runProgram } = await import("@wayleave/registrar");
  try {
    process.exitCode = await runProgram({
      command: program,
      args,
      etcd,
      prefix: prefixOf(flags),
      app,
      ...instanceOptions(flags),
      ...(flags.port !== undefined && { port: flags.port }),
      ...(flags.killAfter !== undefined && { killAfterMs: flags.killAfter }),
    });
  } catch (error) {
    if (!(error instanceof RegistrarError)) throw error;
    throw new CommandError(error.code === "invalid" ? "invalid" : "failed", error.message, { cause: error });
  }
}

function parsePortOrAuto(text: string): number | "auto" {
  return text === "auto" ? text : parsePort(text);
}
