// What a proxy of the benchmark is, and how one is started.

import { setTimeout as delay } from "node:timers/promises";

import { freePort } from "@wayleave/testkit";

import { ask } from "../ask.ts";
import { type ProcessPlan, type RunningProcess, startProcess } from "../machine/start-process.ts";

/** What every contender is set up for: one host, two instances, connections kept alive on both sides, forwarded fields. */
export interface Setup {
  /** Ports of the instances, on 127.0.0.1. */
  readonly instances: readonly number[];
  readonly accessLog: boolean;
  /** An empty directory for what it needs on disk. */
  readonly folder: string;
  /** Clients also come over TLS; undefined: they do not. */
  readonly tls?: TlsSetup | undefined;
}

/** How clients come over TLS. */
export interface TlsSetup {
  /** Of 127.0.0.1, beside the plain one. */
  readonly port: number;
  /** A file with the chain of a certificate and its key, in PEM. */
  readonly pem: string;
}

/** A way to do the job: a proxy, set up as its users would. */
export interface Contender {
  readonly name: string;
  /** Forwards bytes only: the limit of the runtime, not a peer. It need not add any field. */
  readonly isReference?: boolean;
  /** It has an access log that can be turned on. */
  readonly hasAccessLog: boolean;
  /** It is set up for TLS too. */
  readonly takesTls?: boolean;
  /** How many processes take requests, and in what they do so; for the page. */
  readonly setUp: string;
  /** Its version; undefined where it is not installed. */
  version(): Promise<string | undefined>;
  /** What to run so that it listens on this port of 127.0.0.1. */
  plan(setup: Setup, port: number): Promise<Omit<ProcessPlan, "part" | "folder">>;
}

/** A contender that takes requests. */
export interface RunningProxy extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** The first of its processes. */
  readonly pid: number;
  /** What they have written so far. */
  output(): string;
}

/** The host that all of them route. */
export const HOST = "bench.example";
const STARTS_WITHIN_MS = 20_000;

/**
 * Starts a contender on the proxy's core, with this in its environment too; resolves when it answers. Throws with its output when it
 * does not.
 */
export async function startContender(
  contender: Contender,
  setup: Setup,
  env: ProcessPlan["env"] = {},
): Promise<RunningProxy> {
  const port = await freePort();
  const plan = await contender.plan(setup, port);
  const whole = { ...plan, env: { ...plan.env, ...env }, part: "proxy", folder: setup.folder } as const;
  const running = await startProcess(whole);
  await waitForAnswer(port, running);
  return {
    name: contender.name,
    port,
    pid: running.pid,
    output: () => running.output(),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when a proxy answers on this port; ends it and throws with its output when it does not. */
export async function waitForAnswer(port: number, running: RunningProcess): Promise<void> {
  const deadline = performance.now() + STARTS_WITHIN_MS;
  while ((await statusOf(port)) !== 200) {
    if (performance.now() > deadline) {
      const output = running.output();
      await running[Symbol.asyncDispose]();
      throw new Error(`the proxy does not answer: ${output.slice(-2_000)}`);
    }
    await delay(20);
  }
}

async function statusOf(port: number): Promise<number> {
  try {
    return (await ask({ port, host: HOST })).status;
  } catch {
    return 0;
  }
}
