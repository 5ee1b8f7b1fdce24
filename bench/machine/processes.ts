// What the processes of a proxy cost, as the kernel counts it; all that were started by one, together.

import { readFileSync, readdirSync } from "node:fs";

/** A process and all that it started, directly or not. Those that ended since are not among them. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of entriesOf("/proc")) {
    const fields = statOf(Number(name));
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]));
  }
  const tree = [pid];
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child);
  }
  return tree;
}

/** CPU time of all threads of processes, user and system, in seconds; those of threads that ended are lost. */
export function cpuSeconds(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) =>
    entriesOf(`/proc/${pid}/task`).map((thread) => `${pid}/task/${thread}`),
  );
  return threads.reduce((total, thread) => {
    const [nanoseconds = "0"] = readOr("", `/proc/${thread}/schedstat`).split(" ");
    return total + Number(nanoseconds) / 1e9;
  }, 0);
}

/** Memory of processes in bytes: what each has alone, and its part of what it shares with others (PSS). */
export function memoryBytes(pids: readonly number[]): number {
  return pids.reduce((total, pid) => {
    const rollup = readOr("", `/proc/${pid}/smaps_rollup`);
    return total + Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  }, 0);
}

/** The fields of /proc/PID/stat from the state on: 1 is the parent. */
function statOf(pid: number): string[] | undefined {
  if (!Number.isInteger(pid)) return undefined;
  const text = readOr("", `/proc/${pid}/stat`);
  // The name before it is in parentheses, and may hold anything.
  return text === "" ? undefined : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function readOr(otherwise: string, file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return otherwise;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // ended
  }
}
