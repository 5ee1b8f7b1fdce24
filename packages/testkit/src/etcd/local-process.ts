import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { freePort } from "../free-port.ts";
import { endWithThisProcess } from "../process/guard.ts";
import {
  appendToLog,
  type ClusterPlan,
  type EtcdProcess,
  memberArgs,
  type MemberSignal,
  type MemberUrls,
} from "./etcd-process.ts";

const ENDS_WITHIN_MS = 20_000;

/** Plans the members of a cluster as child processes of this one, on free ports of loopback. */
export async function localProcesses(path: string, plan: ClusterPlan): Promise<EtcdProcess[]> {
  const numbers = Array.from({ length: plan.members }, (_, index) => index + 1);
  const all = await Promise.all(numbers.map((number) => localUrls(number, plan)));
  return all.map((urls) => {
    const dataDirectory = join(plan.directory, urls.name);
    return new LocalProcess(path, { urls, dataDirectory, args: memberArgs(urls, all, plan) });
  });
}

async function localUrls(number: number, plan: ClusterPlan): Promise<MemberUrls> {
  const client = `${plan.tls ? "https" : "http"}://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  return {
    name: `member-${number}`,
    listenClient: client,
    advertiseClient: client,
    listenPeer: peer,
    advertisePeer: peer,
  };
}

/** An etcd binary as a child process. */
class LocalProcess implements EtcdProcess {
  readonly name: string;
  readonly endpoint: string;
  readonly #path: string;
  readonly #args: readonly string[];
  readonly #dataDirectory: string;
  #child: ChildProcess | undefined;
  #log = "";

  constructor(path: string, settings: { urls: MemberUrls; dataDirectory: string; args: readonly string[] }) {
    this.name = settings.urls.name;
    this.endpoint = settings.urls.advertiseClient;
    this.#path = path;
    this.#args = [`--data-dir=${settings.dataDirectory}`, ...settings.args];
    this.#dataDirectory = settings.dataDirectory;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get log(): string {
    return this.#log;
  }

  async launch(): Promise<void> {
    this.#log = "";
    const child = spawn(this.#path, this.#args, { stdio: ["ignore", "pipe", "pipe"], env: environment() });
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.#log = appendToLog(this.#log, chunk);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    await once(child, "spawn");
    endWithThisProcess(child);
  }

  async signal(signal: MemberSignal): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const isLast = signal === "SIGTERM" || signal === "SIGKILL";
    const gone = isLast && once(child, "exit", { signal: AbortSignal.timeout(ENDS_WITHIN_MS) });
    child.kill(signal);
    // A stopped process takes a SIGTERM only when it goes on.
    if (signal === "SIGTERM") child.kill("SIGCONT");
    await gone;
  }

  async wipe(): Promise<void> {
    await rm(this.#dataDirectory, { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await this.signal("SIGKILL");
    await this.wipe();
  }
}

function environment(): NodeJS.ProcessEnv {
  // Somebody's own settings for etcd must not reach ours; 3.4 asks for consent on arm64.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("ETCD"));
  return { ...Object.fromEntries(others), ETCD_UNSUPPORTED_ARCH: process.arch };
}
