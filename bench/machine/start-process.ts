// Programs of a run: each on the core of its part, with its output in a file, and gone when the run is.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

import { endGroupWithThisProcess } from "@wayleave/testkit";

import { type Part, commandOf, setGroupNice } from "./part.ts";

const LOOK_AGAIN_MS = 20;
const ENDS_WITHIN_MS = 20_000;

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
  const [command, args] = commandOf(plan.part, plan.command, plan.args);
  const env = { ...process.env, ...plan.env };
  const child = spawn(command, args, { stdio: ["pipe", output, output], detached: true, env });
  closeSync(output);
  await once(child, "spawn");
  endGroupWithThisProcess(child);
  setGroupNice(child.pid, plan.part);
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
  const child = spawn(...commandOf(part, command, args), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const closed = once(child, "close");
  endGroupWithThisProcess(child);
  setGroupNice(child.pid, part);
  const [written, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${command} exited with ${code}: ${complaints}${written}`);
  return written;
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit", { signal: AbortSignal.timeout(ENDS_WITHIN_MS) });
  process.kill(-child.pid, "SIGKILL");
  await exited;
}
