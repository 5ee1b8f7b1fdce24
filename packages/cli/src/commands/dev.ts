import type { Command } from "commander";
import { destination, pino } from "pino";

import { durationOption } from "../arguments/duration.ts";
import { portNumber } from "../arguments/port.ts";
import { type ConnectionFlags, addConnectionOptions } from "../connection.ts";
import type { Dev } from "../dev/dev.ts";
import { type End, listenForEnd } from "../dev/listen-for-end.ts";
import { type Screen, createScreen } from "../dev/screen.ts";
import { keyHelp, startKeys } from "../dev/start-keys.ts";
import { welcome } from "../dev/welcome.ts";
import { EXIT } from "../exit-codes.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface DevFlags extends ConnectionFlags {
  readonly port: number;
  readonly adminPort: number;
  readonly etcdPort: number;
  readonly leaseTtl: number;
}

const READY_MS = 15_000;

const HELP = `
Starts an etcd in this process (its data is in memory), a router, and three instances of two demo apps as real
processes under "wayleave run"; Ctrl-C ends all of it. With --etcd on the command line, that etcd is used instead;
the demo's routes are removed from it at the end.

Examples:
  wayleave dev
  wayleave dev --port 8000 --etcd http://127.0.0.1:2379`;

/** Adds `wayleave dev`. */
export function addDev(program: Command): void {
  const command = program
    .command("dev")
    .summary("all in one: etcd, a router, demo apps")
    .description("Run everything on this machine, to try it: etcd, a router and demo apps.")
    .option("--port <n>", "the router's port; the next free one when it is taken", portNumber, 8080)
    .option("--admin-port <n>", "the port of its admin listener", portNumber, 9080)
    .option("--etcd-port <n>", "the port of the etcd in this process", portNumber, 2379)
    .addOption(
      durationOption("--lease-ttl <duration>", "how long a killed instance's record outlives it", 5_000),
    )
    .addHelpText("after", wrapHelp(HELP))
    .action((flags: DevFlags, self: Command) => runDev(flags, self.getOptionValueSource("etcd") !== "cli"));
  addConnectionOptions(command);
}

async function runDev(flags: DevFlags, isEtcdOurs: boolean): Promise<void> {
  const screen = createScreen();
  const end = listenForEnd();
  screen.status("starting etcd, a router, and three instances of two apps");
  const { startDev } = await import("../dev/dev.ts");
  const dev = await startDev({
    port: flags.port,
    adminPort: flags.adminPort,
    etcdPort: flags.etcdPort,
    connection: flags,
    isEtcdOurs,
    ttlSeconds: Math.max(2, Math.ceil(flags.leaseTtl / 1_000)),
    logger: pino({ level: screen.isTerminal ? "error" : "warn" }, destination({ fd: 2, sync: true })),
    say: (line) => screen.say(line),
  });
  end.onSecond(() => {
    dev.destroy();
    process.exit(EXIT.failed);
  });
  await Promise.race([dev.apps.ready(READY_MS), end.first]);
  if (!end.isAsked) await showUntilEnd(dev, screen, end);
  screen.close();
  screen.say("ending: the apps leave first, then the router and etcd");
  await dev.close();
}

async function showUntilEnd(dev: Dev, screen: Screen, end: End): Promise<void> {
  const hasKeys = screen.isTerminal && process.stdin.isTTY;
  for (const line of welcome(dev.addresses, hasKeys ? keyHelp(dev) : undefined)) screen.say(line);
  const stopKeys = hasKeys ? startKeys(dev, screen, end.ask) : undefined;
  await end.first;
  stopKeys?.();
}
