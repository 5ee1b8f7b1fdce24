// Programs of a run: each on the core of its part, with its output in a file, and gone when the run is.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";
import { cpus, setPriority } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

import { endGroupWithThisProcess, endWithThisProcess } from "@wayleave/testkit";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";

/**
 * The proxy has one core for itself; instances, clients and etcd have the other ones. There, who is measured with goes
 * before everybody else (`meter`): a client that waits for its turn would blame the proxy. And attackers have what the rest
 * leaves of them (`attackers`): they would have machines of their own, and nice alone lets who runs finish his slice of some
 * milliseconds, which would be found in the times of others.
 */
export type Part = "proxy" | "meter" | "others" | "attackers";

/** Whether the parts are kept apart: that takes `taskset` and two cores. */
export const isPinned = cpus().length > 1 && findCommand("taskset") !== undefined;

/** Only root may go before others. */
const isRoot = process.getuid?.() === 0;
const FIRST = -20;
const hasIdleClass = findCommand("chrt") !== undefined;
const LOOK_AGAIN_MS = 20;
const ENDS_WITHIN_MS = 20_000;
const PROXY_CORE = "0";
const OTHER_CORES = `1-${cpus().length - 1}`;

/** Leaves the proxy's core to the proxy: a process, and all that it starts from now on, are on the other ones. */
export function leaveProxyCore(pid: number): void {
  if (!isPinned) return;
  execFileSync("taskset", ["-a", "-c", "-p", OTHER_CORES, String(pid)], { stdio: "ignore" });
}

/** Lets a process that runs go before everything else on its core, as one does that has the core for itself. */
export function goFirst(pid: number): void {
  if (!isRoot) return;
  for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), FIRST);
}

/** A program that runs. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far. */
  output(): string;
  /** Resolves when its output matches; throws with the output when it does not in time. */
  waitFor(pattern: RegExp, withinMs: number): Promise<void>;
}

/** How to start a program. */
export interface ProcessPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly part: Part;
  /** Where its output goes. A file, for everybody: a pipe would cost whoever reads it. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program; it may end by itself. */
export async function startProcess(plan: ProcessPlan): Promise<RunningProcess> {
  const file = path.join(plan.folder, `${path.basename(plan.command)}-${process.hrtime.bigint()}.out`);
  const output = openSync(file, "w");
  const [command, args] = onCoreOf(plan.part, plan.command, plan.args);
  const env = { ...process.env, ...plan.env };
  const child = spawn(command, args, { stdio: ["pipe", output, output], detached: true, env });
  closeSync(output);
  await once(child, "spawn");
  endGroupWithThisProcess(child);
  return {
    pid: child.pid ?? 0,
    output: () => readFileSync(file, "utf8"),
    waitFor: (pattern, withinMs) => waitForText(file, pattern, withinMs),
    [Symbol.asyncDispose]: () => endGroup(child),
  };
}

async function waitForText(file: string, pattern: RegExp, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!pattern.test(readFileSync(file, "utf8"))) {
    if (performance.now() > deadline)
      throw new Error(`no ${String(pattern)} in: ${readFileSync(file, "utf8")}`);
    await delay(LOOK_AGAIN_MS);
  }
}

/** Runs a program of ours to its end, and gives what it wrote. Throws with that when it fails. */
export async function runProgram(part: Part, command: string, args: readonly string[]): Promise<string> {
  const child = spawn(...onCoreOf(part, command, args), { stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  endWithThisProcess(child);
  const [written, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${command} exited with ${code}: ${complaints}${written}`);
  return written;
}

function onCoreOf(part: Part, command: string, args: readonly string[]): [string, string[]] {
  if (part === "proxy" && isPinned) return ["taskset", ["-c", PROXY_CORE, command, ...args]];
  if (part === "attackers" && hasIdleClass) return ["chrt", ["--idle", "0", command, ...args]];
  if (isRoot && part === "meter") return ["nice", ["-n", String(FIRST), command, ...args]];
  return [command, [...args]];
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit", { signal: AbortSignal.timeout(ENDS_WITHIN_MS) });
  process.kill(-child.pid, "SIGKILL");
  await exited;
}
