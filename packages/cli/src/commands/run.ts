import type { Command } from "commander";

import { parseWeight } from "../arguments/destination.ts";
import { parseDurationMs } from "../arguments/duration.ts";
import { collectPairs } from "../arguments/pairs.ts";
import { parseApp } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, prefixOf, storeSettings } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { setting } from "../settings.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface RunFlags extends ConnectionFlags {
  readonly app?: string;
  readonly port?: number | "auto";
  readonly health?: string;
  readonly id?: string;
  readonly address?: string;
  readonly version?: string;
  readonly zone?: string;
  readonly weight?: string;
  readonly tag?: Record<string, string>;
  readonly ttl?: number;
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
      setting("--port <port>", "the port that it listens on, or auto; also its PORT").argParser(parsePort),
    )
    .addOption(setting("--health <path>", "registered only while this path answers 2xx"))
    .addOption(setting("--id <id>", "the instance's name; made up when not said"))
    .addOption(
      setting("--address <ip>", "where routers reach it; the address that reaches etcd when not said"),
    )
    .addOption(setting("--version <version>", "what a route's APP@VERSION selects"))
    .addOption(setting("--zone <zone>", "where it runs"))
    .addOption(setting("--weight <n>", "its share among the app's instances"))
    .option("--tag <key=value>", "a tag; repeatable", collectPairs)
    .addOption(setting("--ttl <duration>", "how long the record outlives a crash (15s)").argParser(parseTtl))
    .addOption(
      setting("--kill-after <duration>", "kill the program this long after a signal").argParser(
        parseDurationMs,
      ),
    )
    .addHelpText("after", wrapHelp(HELP))
    .action(run);
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
    });
  } catch (error) {
    if (!(error instanceof RegistrarError)) throw error;
    throw new CommandError(error.code === "invalid" ? "invalid" : "failed", error.message, { cause: error });
  }
}

function instanceOptions(flags: RunFlags) {
  const { port, id, address, version, zone, tag } = flags;
  return {
    ...(port !== undefined && { port }),
    ...(flags.health !== undefined && { health: { path: flags.health } }),
    ...(id !== undefined && { id }),
    ...(address !== undefined && { address }),
    ...(version !== undefined && { version }),
    ...(zone !== undefined && { zone }),
    ...(flags.weight !== undefined && { weight: parseWeight(flags.weight) }),
    ...(tag !== undefined && { tags: tag }),
    ...(flags.ttl !== undefined && { ttlSeconds: flags.ttl }),
    ...(flags.killAfter !== undefined && { killAfterMs: flags.killAfter }),
  };
}

function parsePort(text: string): number | "auto" {
  if (text === "auto") return text;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new CommandError("invalid", `port ${JSON.stringify(text)} is not between 1 and 65535, nor auto`);
}

/** Whole seconds: etcd knows no others. */
function parseTtl(text: string): number {
  return Math.ceil(parseDurationMs(text) / 1_000);
}
