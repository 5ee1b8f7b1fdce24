// Resident memory of a router's two kinds of processes, control and a worker, with a large table:
// `node bench/memory.ts [--instances N] [--routes N]`. The real command starts from a state on disk, which is written here, with
// one worker and without etcd. JSON on stdout; what the operating system says in /proc, in MiB: the peak from the start on,
// and what stays once nothing changes any more.

import { readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { keysUnder } from "@wayleave/records";
import { startCommand, temporaryDirectory } from "@wayleave/testkit";

import { AcceptedInstance, type AcceptedRecord } from "../packages/router/src/control/accepted-record.ts";
import { writeState } from "../packages/router/src/control/state-file.ts";
import { InstanceRecord } from "../packages/router/src/table/instance-record.ts";
import { VERSION } from "../packages/router/src/version.ts";

const SETTLED_FOR_S = 10;
const SETTLES_WITHIN_S = 60;
const STARTS_WITHIN_MS = 180_000;
const keys = keysUnder();

export interface TableSize {
  readonly instances: number;
  readonly routes: number;
}

/** MiB. */
export interface ProcessMemory {
  readonly peak: number;
  readonly settled: number;
}

export interface MemoryResult extends TableSize {
  readonly control: ProcessMemory;
  readonly worker: ProcessMemory;
}

/** Starts a router with a table of this size, and looks at its processes. Linux only. */
async function measureMemory({ instances, routes }: TableSize): Promise<MemoryResult> {
  const stateDir = temporaryDirectory("memory");
  await writeTable(stateDir, { instances, routes });
  const flags = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--access-log", "off"];
  const source = ["--etcd", "http://127.0.0.1:1", "--state-dir", stateDir, "--workers", "1"];
  await using command = await startCommand(["router", ...flags, ...source]);
  const started = await command.waitForLine(/"router-started"/, { withinMs: STARTS_WITHIN_MS });
  const { admin }: { admin: string } = JSON.parse(started);
  const { instances: served }: { instances: number } = await ask(`http://${admin}/api/status`);
  if (served !== instances) throw new Error(`it has ${served} instances`);
  const [worker]: { pid: number }[] = await ask(`http://${admin}/api/workers`);
  const pids = [command.pid, worker?.pid ?? 0];
  await settle(pids);
  const [control, one] = await Promise.all(pids.map(memoryOf));
  await rm(stateDir, { recursive: true });
  if (control === undefined || one === undefined) throw new Error("a process is missing");
  return { instances, routes, control, worker: one };
}

async function writeTable(directory: string, { instances, routes }: TableSize): Promise<void> {
  const records: AcceptedRecord[] = [];
  for (let n = 0; n < instances; n += 1) {
    const address = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    const said = { address, port: 8080, protocol: "http", state: "ready", zone: "eu-1a" } as const;
    const instance = new InstanceRecord(said, { since: 0, isSuspect: false });
    const from = { ...origin(keys.instance(`app${n % routes}`, `i${n}`), n + 1), isLeased: false };
    records.push(new AcceptedInstance(from, { instance, isLive: true }));
  }
  for (let n = 0; n < routes; n += 1) {
    const place = { host: `h${n}.example`, path: "/" };
    const from = origin(keys.route(place.host, place.path), instances + n + 1);
    records.push({ ...from, ...place, kind: "route", route: { to: [{ app: `app${n}` }] } });
  }
  const revision = instances + routes;
  const header = { revision, prefix: keys.prefix, clusterId: "", provedAt: Date.now(), version: VERSION };
  await writeState(directory, header, records);
}

function origin(key: string, at: number) {
  return { key, createRevision: at, modRevision: at, isLive: true };
}

/** Waits until no process has changed by more than 1 % for 10 s; 60 s at most. */
async function settle(pids: readonly number[]): Promise<void> {
  let before = await residentMib(pids);
  let quietS = 0;
  for (let second = 0; second < SETTLES_WITHIN_S && quietS < SETTLED_FOR_S; second += 1) {
    await sleep(1_000);
    const now = await residentMib(pids);
    const isQuiet = now.every((mib, at) => Math.abs(mib - (before[at] ?? 0)) < mib / 100);
    quietS = isQuiet ? quietS + 1 : 0;
    if (!isQuiet) before = now;
  }
}

async function residentMib(pids: readonly number[]): Promise<number[]> {
  return (await Promise.all(pids.map(memoryOf))).map(({ settled }) => settled);
}

async function memoryOf(pid: number): Promise<ProcessMemory> {
  const status = await readFile(`/proc/${pid}/status`, "latin1");
  const mib = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
  return { peak: mib("VmHWM"), settled: mib("VmRSS") };
}

async function ask<T>(url: string): Promise<T> {
  return JSON.parse(await (await fetch(url)).text());
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      instances: { type: "string", default: "1000000" },
      routes: { type: "string", default: "100000" },
    },
  });
  const size = { instances: Number(values.instances), routes: Number(values.routes) };
  process.stdout.write(`${JSON.stringify(await measureMemory(size))}\n`);
}
