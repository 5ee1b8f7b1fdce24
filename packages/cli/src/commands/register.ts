import { once } from "node:events";

import type { RegisterOptions, Registration } from "@wayleave/registrar";
import type { Command } from "commander";
import { destination, pino } from "pino";

import { parseApp } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, prefixOf, storeSettings } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { setting } from "../settings.ts";
import { type InstanceFlags, addInstanceOptions, instanceOptions, parsePort } from "./instance-flags.ts";

interface RegisterFlags extends ConnectionFlags, InstanceFlags {
  readonly app?: string;
  readonly port?: number;
}

const HELP = `
For a program that something else starts and ends: beside it, as a sidecar. It is registered once its port accepts (and
--health answers 2xx), until SIGTERM or Ctrl-C: then the routers stop sending to it, and this command ends. So it has to
be told before the program is. A program whose port refuses connections is taken out within 20 s, with --health also one that
answers no 2xx; wayleave run notices at once that a program ended.

Examples:
  wayleave register --app shop --port 3000 --health /healthz
  WAYLEAVE_ADDRESS=10.0.0.7 wayleave register --app shop --port 3000 --id shop-1`;

/** Adds `wayleave register`. */
export function addRegister(program: Command): void {
  const command = program
    .command("register")
    .summary("register a program that runs already as an instance of an app")
    .description("Register a program that something else runs as an instance of an app.")
    .addOption(setting("--app <app>", "the app that it serves"))
    .addOption(setting("--port <port>", "the port that it listens on").argParser(parsePort))
    .addHelpText("after", wrapHelp(HELP))
    .action(register);
  addInstanceOptions(command);
  addConnectionOptions(command);
}

async function register(flags: RegisterFlags): Promise<void> {
  const { app, port } = flags;
  if (app === undefined || port === undefined) {
    throw new CommandError("usage", "register needs --app APP and --port PORT");
  }
  await registerUntilSignal({
    etcd: await storeSettings(flags),
    prefix: prefixOf(flags),
    app: parseApp(app),
    port,
    logger: pino(destination({ fd: 2, sync: true })),
    ...instanceOptions(flags),
  });
}

async function registerUntilSignal(options: RegisterOptions): Promise<void> {
  const { RegistrarError, register: start } = await import("@wayleave/registrar");
  const ending = new AbortController();
  const told = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]).then(() => ending.abort());
  let registration: Registration;
  try {
    registration = await start({ ...options, signal: ending.signal });
  } catch (error) {
    if (ending.signal.aborted) return;
    if (!(error instanceof RegistrarError)) throw error;
    throw new CommandError(error.code === "invalid" ? "invalid" : "failed", error.message, { cause: error });
  }
  await told;
  // A second signal ends this process, as nobody listens for it any more; then the record goes with its lease.
  await registration.leave();
}
