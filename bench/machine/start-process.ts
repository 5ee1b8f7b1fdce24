// Programs of a run: each on the core of its part, with its output in a file, and gone when the run is.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";

import { endGroupWithThisProcess } from "@wayleave/testkit";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";

/** The proxy has one core for itself; instances, clients and etcd have the other ones. */
export type Part = "proxy" | "others";

/** Whether the parts are kept apart: that takes `taskset` and two cores. */
export const isPinned = availableParallelism() > 1 && findCommand("taskset") !== undefined;

const CORES: Readonly<Record<Part, string>> = { proxy: "0", others: `1-${availableParallelism() - 1}` };

/** A program that runs. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far. */
  output(): string;
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
    [Symbol.asyncDispose]: () => endGroup(child),
  };
}

/** Runs a program of ours to its end, and gives what it wrote. Throws with that when it fails. */
export async function runProgram(part: Part, command: string, args: readonly string[]): Promise<string> {
  const child = spawn(...onCoreOf(part, command, args), { stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  const [written, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${command} exited with ${code}: ${complaints}${written}`);
  return written;
}

function onCoreOf(part: Part, command: string, args: readonly string[]): [string, string[]] {
  return isPinned ? ["taskset", ["-c", CORES[part], command, ...args]] : [command, [...args]];
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  process.kill(-child.pid, "SIGKILL");
  await exited;
}
