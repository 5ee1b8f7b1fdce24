// What whole-process tests start: replicas and instances, as an operator would.

import { fileURLToPath } from "node:url";

import { type Command, startCommand } from "@wayleave/testkit";

const NAMED_APP = fileURLToPath(new URL("../packages/testkit/src/apps/named-app.ts", import.meta.url));

export interface RunningReplica {
  readonly command: Command;
  readonly port: number;
  /** With `--listen-tls`. */
  readonly tlsPort: number;
  readonly admin: string;
  /** Kills it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `wayleave router` on free loopback ports, and waits until it routes. */
export async function startReplica(
  etcd: readonly string[],
  extra: readonly string[] = [],
): Promise<RunningReplica> {
  return await startRouter(["--etcd", etcd.join(","), ...extra]);
}

/** Starts `wayleave router --table FILE`, and waits until it routes. `env` is added to its environment. */
export async function startStaticRouter(
  file: string,
  extra: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningReplica> {
  return await startRouter(["--table", file, ...extra], env);
}

async function startRouter(
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningReplica> {
  // One process, unless the workers are what is tested: every test starts routers, and none has the machine for itself.
  const usual = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", "0"];
  const command = await startCommand(["router", ...usual, ...flags], { env });
  const started = JSON.parse(await command.waitForLine(/"router-started"/, { withinMs: 20_000 }));
  return {
    command,
    port: portOf(started.listen),
    tlsPort: portOf(started.listenTls ?? ""),
    admin: `http://127.0.0.1:${portOf(started.admin)}`,
    [Symbol.asyncDispose]: () => command.close(),
  };
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** An app under `wayleave run`. */
export interface NamedInstance {
  /** The wrapper. */
  readonly command: Command;
  /** SIGKILL for the wrapper and the app at once, as when their machine is gone. */
  crash(): void;
}

/** Starts `wayleave run` around an app that answers its own name. */
export async function startNamedInstance(
  etcd: readonly string[],
  {
    app,
    name,
    delayMs = 0,
    ttlSeconds = 5,
    env = {},
  }: {
    app: string;
    name: string;
    delayMs?: number;
    ttlSeconds?: number;
    env?: Readonly<Record<string, string>>;
  },
  extra: readonly string[] = [],
): Promise<NamedInstance> {
  const flags = [
    "--etcd",
    etcd.join(","),
    "--app",
    app,
    "--id",
    name,
    "--port",
    "auto",
    "--ttl",
    `${ttlSeconds}s`,
  ];
  const command = await startCommand(
    ["run", ...flags, ...extra, "--address", "127.0.0.1", "--", process.execPath, NAMED_APP],
    { env: { NAME: name, DELAY_MS: String(delayMs), ...env } },
  );
  const line = await command.waitForLine(/^named-app \d+$/);
  const appPid = Number(line.split(" ")[1]);
  return {
    command,
    crash() {
      // The registrar first: it would see its app end, and take the record back.
      command.kill("SIGKILL");
      process.kill(appPid, "SIGKILL");
    },
  };
}

/** Runs one command to its end; throws with its output when it fails. */
export async function wayleave(etcd: readonly string[], ...args: string[]): Promise<string> {
  const command = await startCommand([...args, "--etcd", etcd.join(",")]);
  const { code } = await command.exit;
  if (code !== 0) throw new Error(`wayleave ${args.join(" ")} exited with ${code}:\n${command.stderr()}`);
  return command.stdout();
}
