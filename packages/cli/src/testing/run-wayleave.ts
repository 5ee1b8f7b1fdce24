import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { type Keys, keysUnder } from "@wayleave/records";
import { type Store, openStore } from "@wayleave/store";
import { type CommandOptions, startCommand } from "@wayleave/testkit";

import { type JsonObject, parseRecordJson } from "../writing/record-json.ts";

/** How a command ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `wayleave` command, run to its end, with an etcd. */
export interface Bench extends AsyncDisposable {
  readonly endpoint: string;
  readonly store: Store;
  readonly keys: Keys;
  run(args: readonly string[], options?: CommandOptions): Promise<Outcome>;
  /** Runs with `--json`, expects success, and gives what it printed. */
  json(args: readonly string[], options?: CommandOptions): Promise<JsonObject>;
  /** The newest revision of etcd: it grows with every write, whatever it was. */
  revision(): Promise<number>;
}

/** Runs `wayleave` to its end, in a directory without settings of its own. */
export async function runWayleave(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  await using command = await startCommand(args, { cwd: import.meta.dirname, ...options });
  const { code } = await command.exit;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

/** A bench on an etcd of its own in this process. */
export async function embeddedBench(): Promise<Bench> {
  const etcd = await startEmbeddedEtcd();
  return createBench(etcd.endpoint, () => etcd.close());
}

/** A bench on an etcd that runs; `close` ends that. */
export function createBench(endpoint: string, close: () => Promise<void>): Bench {
  const store = openStore({ endpoints: [endpoint] });
  const keys = keysUnder();
  const run = (args: readonly string[], options: CommandOptions = {}): Promise<Outcome> =>
    runWayleave(args, { ...options, env: { WAYLEAVE_ETCD: endpoint, ...options.env } });
  return {
    endpoint,
    store,
    keys,
    run,
    json: async (args, options) => {
      const { code, stdout, stderr } = await run([...args, "--json"], options);
      if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
      return parseRecordJson(stdout);
    },
    revision: async () => (await store.get("anything")).revision,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await close();
    },
  };
}
