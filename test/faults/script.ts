// Runs a program of this folder as a process.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A running program of this folder. */
export interface Script {
  /** The first line that it wrote. */
  readonly firstLine: string;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Starts `name` (a file of this folder) and waits for its first line; what it writes as errors comes with ours. */
export async function startScript(name: string, env: Readonly<Record<string, string>>): Promise<Script> {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child, "spawn");
  try {
    return { firstLine: await firstLineOf(child), kill: () => kill(child) };
  } catch (error) {
    await kill(child);
    throw new Error(`${name} did not start`, { cause: error });
  }
}

async function firstLineOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("it has no output");
  const [line] = await once(createInterface({ input: stdout }), "line", {
    signal: AbortSignal.timeout(30_000),
  });
  return String(line);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
