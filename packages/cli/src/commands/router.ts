import { availableParallelism } from "node:os";

import { keysUnder } from "@wayleave/records";
import type { RouterSettings } from "@wayleave/router";
import type { Command } from "commander";
import { pino } from "pino";

import { parseDurationMs } from "../arguments/duration.ts";
import { type ListenAddress, parseListenAddress } from "../arguments/listen-address.ts";
import { addSealKeyOption, sealKeyText } from "../certificates/seal-keys.ts";
import {
  type ConnectionFlags,
  addConnectionOptions,
  prefixOf,
  readSecret,
  withStore,
} from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { setting } from "../settings.ts";
import { openStaticTable } from "../static-table/static-table.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface RouterFlags extends ConnectionFlags {
  readonly listen: ListenAddress;
  readonly admin: ListenAddress;
  readonly adminTokenFile?: string;
  readonly engine?: "wire" | "http-proxy";
  readonly accessLog: "json" | "clf" | "off";
  readonly traces?: string;
  readonly stateDir?: string;
  readonly table?: string;
  readonly proxyProtocol?: "on" | "off";
  readonly trustedProxies?: string;
  readonly instanceCidr?: string;
  readonly listenTls?: ListenAddress;
  readonly certificates?: string;
  readonly clientCa?: string;
  readonly clientCertificates?: "request" | "require";
  readonly sealKeyFile?: string;
  readonly allowPlainKeys?: "on" | "off";
  readonly zone?: string;
  readonly id?: string;
  readonly affinityKeyFile?: string;
  readonly drainDelay?: number;
  readonly drainTimeout?: number;
  readonly workers: number;
  readonly orphanTimeout?: number;
  readonly logLevel: string;
}

const HELP = `
Logs JSON lines to stdout. SIGTERM and SIGINT let running requests finish; a second one cuts them. SIGHUP
replaces the workers one by one with the code on disk, without losing a request. With --state-dir it
starts from its last table when etcd is away. With --table it needs no etcd: it routes by that file and follows it; a bad
file leaves the last good one in force, and is named in the log with line and column.

Examples:
  wayleave router --etcd http://10.0.0.2:2379,http://10.0.0.3:2379
  wayleave router --listen 127.0.0.1:8000 --access-log off --state-dir /var/lib/wayleave
  WAYLEAVE_TRUSTED_PROXIES=10.0.0.0/8 wayleave router --zone eu-1a
  wayleave router --table routes.yaml                       # no etcd`;

/** Adds `wayleave router`. */
export function addRouter(program: Command): void {
  const command = program
    .command("router")
    .summary("run a router")
    .description("Run a router: it takes requests and sends each to an instance of its app.")
    .addOption(address("--listen <address:port>", "where it takes requests", "0.0.0.0:8080"))
    .addOption(address("--admin <address:port>", "where its admin listener is", "127.0.0.1:9080"))
    .addOption(
      setting("--admin-token-file <file>", "file with the admin listener's token; off loopback it needs one"),
    )
    .addOption(setting("--engine <name>", "what moves the bytes").choices(["wire", "http-proxy"]))
    .addOption(
      setting("--access-log <format>", "one line a request").choices(["json", "clf", "off"]).default("json"),
    )
    .addOption(
      setting("--traces <url>", "send spans to this collector, by OTLP over HTTP; see docs/operate.md"),
    )
    .addOption(
      setting("--state-dir <directory>", "keep the last table here, and start from it when etcd is away"),
    )
    .addOption(
      setting("--table <file>", "route by this table file, see wayleave validate, instead of by etcd"),
    )
    .addOption(
      setting(
        "--proxy-protocol <on|off>",
        "every connection must begin with a PROXY header, version 1 or 2 (off)",
      ).choices(["on", "off"]),
    )
    .addOption(
      setting("--trusted-proxies <cidrs>", "whose X-Forwarded- fields count, with commas between them"),
    )
    .addOption(setting("--instance-cidr <cidrs>", "where instances may be, with commas between them"))
    .addOption(setting("--zone <zone>", "prefer instances of this zone"))
    .addOption(setting("--id <id>", "this router's name, unique; made up when not said"))
    .addOption(
      setting(
        "--affinity-key-file <file>",
        "file with the secret behind affinity cookies, the same for all routers",
      ),
    )
    .addOption(
      setting("--drain-delay <duration>", "be unready for so long before closing").argParser(parseDurationMs),
    )
    .addOption(
      setting("--drain-timeout <duration>", "let requests finish for so long (30s)").argParser(
        parseDurationMs,
      ),
    )
    .addOption(
      setting("--log-level <level>", "from this level on")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .addHelpText("after", wrapHelp(HELP))
    .action((flags: RouterFlags, self: Command) => runRouterCommand(flags, self));
  addWorkerOptions(command);
  addTlsOptions(command);
  addConnectionOptions(command);
}

function addWorkerOptions(command: Command): void {
  command
    .addOption(
      setting("--workers <number>", "processes that take requests; 0: this one does")
        .argParser(workerNumber)
        .default(Math.min(availableParallelism(), 256), "one for each core"),
    )
    .addOption(
      setting(
        "--orphan-timeout <duration>",
        "let workers serve on for so long when this process is gone (60s)",
      ).argParser(parseDurationMs),
    );
}

function addTlsOptions(command: Command): void {
  command.addOption(
    setting(
      "--listen-tls <address:port>",
      "where it takes requests over TLS, by the table's certificates",
    ).argParser(parseListenAddress),
  );
  command.addOption(
    setting(
      "--certificates <directory>",
      "serve these too, and follow them: NAME.crt with NAME.key, or NAME.pem",
    ),
  );
  command.addOption(
    setting(
      "--client-ca <file>",
      "ask clients over TLS for a certificate by these authorities, in PEM; the file is followed",
    ),
  );
  command.addOption(
    setting(
      "--client-certificates <request|require>",
      "with --client-ca: whether clients without a certificate are let in (request)",
    ).choices(["request", "require"]),
  );
  addSealKeyOption(command);
  command.addOption(
    setting(
      "--allow-plain-keys <on|off>",
      "take certificates whose private key stands in etcd in plain (off)",
    ).choices(["on", "off"]),
  );
}

async function runRouterCommand(flags: RouterFlags, command: Command): Promise<void> {
  const given = await routerSettings(flags);
  if (flags.table === undefined) {
    await withStore(flags, ({ store, keys }) =>
      runUntilSignal({ ...given, store, prefix: keys.prefix }, flags),
    );
    return;
  }
  for (const name of ["etcd", "stateDir"]) {
    if (command.getOptionValueSource(name) !== "cli") continue;
    throw new CommandError("usage", "--table takes the place of etcd: without --etcd and --state-dir");
  }
  const keys = keysUnder(prefixOf(flags));
  const store = await openStaticTable(flags.table, keys);
  const { stateDir: _, ...settings } = given;
  await runUntilSignal({ ...settings, store, prefix: keys.prefix }, flags);
}

async function runUntilSignal(settings: RouterSettings, { traces: collector }: RouterFlags): Promise<void> {
  const { resolveTraceSettings, runRouter } = await import("@wayleave/router");
  try {
    const traces = resolveTraceSettings(process.env, collector);
    process.exitCode = await runRouter({ ...settings, ...(traces !== undefined && { traces }) });
  } catch (error) {
    // A setting that makes no sense; whatever else goes wrong is logged, and in the exit code.
    if (error instanceof RangeError) throw new CommandError("invalid", error.message, { cause: error });
    throw error;
  }
}

async function routerSettings(flags: RouterFlags): Promise<Omit<RouterSettings, "store">> {
  const { listen, admin, engine, accessLog, stateDir, zone, id } = flags;
  return {
    listen,
    admin,
    accessLog,
    logger: pino({ level: flags.logLevel }),
    ...(flags.adminTokenFile !== undefined && { adminToken: await readSecret(flags.adminTokenFile) }),
    ...(flags.affinityKeyFile !== undefined && { affinityKey: await readSecret(flags.affinityKeyFile) }),
    ...(engine !== undefined && { engine }),
    ...(stateDir !== undefined && { stateDir }),
    ...(flags.proxyProtocol !== undefined && { proxyProtocol: flags.proxyProtocol === "on" }),
    ...(flags.trustedProxies !== undefined && { trustedProxies: list(flags.trustedProxies) }),
    ...(flags.instanceCidr !== undefined && { instanceCidrs: list(flags.instanceCidr) }),
    ...(await tlsSettings(flags)),
    ...(zone !== undefined && { zone }),
    ...(id !== undefined && { id }),
    workers: flags.workers,
    ...(flags.orphanTimeout !== undefined && { orphanTimeoutMs: flags.orphanTimeout }),
    ...(flags.drainDelay !== undefined && { drainDelayMs: flags.drainDelay }),
    ...(flags.drainTimeout !== undefined && { drainTimeoutMs: flags.drainTimeout }),
  };
}

async function tlsSettings(flags: RouterFlags): Promise<Partial<RouterSettings>> {
  const sealKeys = await sealKeyText(flags);
  return {
    ...(flags.listenTls !== undefined && { listenTls: flags.listenTls }),
    ...(flags.certificates !== undefined && { certificatesDir: flags.certificates }),
    ...clientCaSetting(flags),
    ...(sealKeys !== undefined && { sealKeys }),
    ...(flags.allowPlainKeys !== undefined && { allowPlainKeys: flags.allowPlainKeys === "on" }),
  };
}

function clientCaSetting({
  clientCa: file,
  clientCertificates: mode,
}: RouterFlags): Pick<RouterSettings, "clientCa"> {
  if (file !== undefined) return { clientCa: { file, isRequired: mode === "require" } };
  if (mode === undefined) return {};
  throw new CommandError("usage", "--client-certificates needs --client-ca: whose certificates count?");
}

function address(flags: string, description: string, initial: string) {
  return setting(flags, description)
    .argParser(parseListenAddress)
    .default(parseListenAddress(initial), initial);
}

function workerNumber(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new CommandError("invalid", `${JSON.stringify(text)} is not a number of workers`);
}

function list(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}
