// A table of many instances in a real etcd, and routers that follow it.

import { keysUnder } from "@wayleave/records";
import { type Store, type Write, openStore } from "@wayleave/store";
import { freePort, startEtcd, temporaryDirectory } from "@wayleave/testkit";

import { WAYLEAVE } from "../contenders/wayleave.ts";
import { HOST, waitForAnswer } from "../contenders/contender.ts";
import { processTree } from "../machine/processes.ts";
import { leaveProxyCore } from "../machine/part.ts";
import { startProcess } from "../machine/start-process.ts";

const WRITES_A_TRANSACTION = 125;
const APPLIES_WITHIN_MS = 20_000;
const LANES = 8;

/** How large a table is. Each app has one route. */
export interface TableSize {
  readonly apps: number;
  readonly instancesEach: number;
}

/** The instances of the host that is asked for, on 127.0.0.1. */
export interface HotApp {
  readonly ports: readonly number[];
}

/** An etcd with tables, each under a prefix. */
export class BenchEtcd implements AsyncDisposable {
  readonly store: Store;
  readonly #etcd: Awaited<ReturnType<typeof startEtcd>>;

  static async start(): Promise<BenchEtcd> {
    return new BenchEtcd(await startEtcd());
  }

  private constructor(etcd: Awaited<ReturnType<typeof startEtcd>>) {
    this.#etcd = etcd;
    this.store = openStore({ endpoints: etcd.endpoints });
  }

  get endpoints(): readonly string[] {
    return this.#etcd.endpoints;
  }

  /** Writes a whole table. */
  fill(prefix: string, size: TableSize, hot: HotApp): Promise<void> {
    return this.write([...hotRecords(prefix, hot), ...records(prefix, size)]);
  }

  /** Writes records, as fast as etcd takes them. */
  async write(writes: readonly Write[]): Promise<void> {
    const batches = batchesOf(writes, WRITES_A_TRANSACTION).values();
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (const batch of batches) await this.store.commit(batch);
      }),
    );
  }

  /** Starts `wayleave router` with one worker, all of it on the proxy's core, or its main process among the others. */
  async startRouter(
    prefix: string,
    { mainPart = "proxy", endpoints = this.endpoints, args: more = [], env = {} }: RouterOptions = {},
  ): Promise<BenchRouter> {
    const [port, admin] = [await freePort(), await freePort()];
    const listeners = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${admin}`];
    const source = ["--etcd", endpoints.join(","), "--prefix", prefix];
    const args = [WAYLEAVE, "router", ...listeners, ...source, "--workers", "1", "--access-log", "off"];
    const folder = temporaryDirectory("router");
    const plan = { command: process.execPath, args: [...args, ...more], part: "proxy", folder, env } as const;
    const running = await startProcess(plan);
    await waitForAnswer(port, running);
    const [main = 0, ...workers] = processTree(running.pid);
    if (mainPart === "others") leaveProxyCore(main);
    return {
      port,
      admin,
      main,
      workers,
      async [Symbol.asyncDispose]() {
        await running[Symbol.asyncDispose]();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await this.#etcd.close();
  }
}

/** How a router is to run. */
interface RouterOptions {
  /** Where its main process is; default: with the workers. */
  readonly mainPart?: "proxy" | "others";
  /** Of etcd; default: its own. */
  readonly endpoints?: readonly string[];
  /** Flags beside those that all have. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A router that follows etcd. */
export interface BenchRouter extends AsyncDisposable {
  readonly port: number;
  readonly admin: number;
  /** Process ids. */
  readonly main: number;
  readonly workers: readonly number[];
}

/** Waits until every worker of a router has applied a revision; rejects when that takes more than 20 s. */
export async function applied({ admin }: Pick<BenchRouter, "admin">, revision: number): Promise<void> {
  const url = `http://127.0.0.1:${admin}/api/wait?revision=${revision}&timeoutMs=${APPLIES_WITHIN_MS}`;
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the router is not at ${revision}: ${await answer.text()}`);
}

function hotRecords(prefix: string, { ports }: HotApp): Write[] {
  const keys = keysUnder(prefix);
  return [
    { put: keys.route(HOST, "/"), value: JSON.stringify({ to: [{ app: "hot" }] }) },
    ...ports.map((port, at) => ({
      put: keys.instance("hot", `s${at}`),
      value: JSON.stringify({ address: "127.0.0.1", port }),
    })),
  ];
}

function records(prefix: string, { apps, instancesEach }: TableSize): Write[] {
  const keys = keysUnder(prefix);
  return Array.from({ length: apps }, (_, app) => [
    { put: keys.route(hostOf(app), "/"), value: JSON.stringify({ to: [{ app: `app-${app}` }] }) },
    ...Array.from({ length: instancesEach }, (__, id) => ({
      put: keys.instance(`app-${app}`, instanceId(app, id)),
      value: instanceValue(app, id),
    })),
  ]).flat();
}

/** The host of an app's route. */
export function hostOf(app: number): string {
  return `app-${app}.apps.example.com`;
}

/** An instance's id, as a platform makes them. */
export function instanceId(app: number, id: number | string): string {
  return `${app}-7d9f8c6b5-${id}`;
}

/** An instance's record, at an address of its own. */
export function instanceValue(app: number, id: number, more: object = {}): string {
  const address = `10.${app >> 16}.${(app >> 8) & 255}.${app & 255}`;
  return JSON.stringify({ address, port: 3_000 + id, version: "v42", zone: `zone-${id % 3}`, ...more });
}

function batchesOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}
