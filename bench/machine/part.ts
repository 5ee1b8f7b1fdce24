// Who runs where, and who goes before whom, in a run on one machine.

import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";

/**
 * The proxy has one core for itself: the kernel's and the machine's own programs may be there, but it goes before them.
 * Instances, clients and etcd have the other cores. There, who is measured with goes before everybody else (`meter`): a client that
 * waits for its turn would blame the proxy. And attackers have what the rest leaves of them (`attackers`): they would have
 * machines of their own.
 */
export type Part = "proxy" | "meter" | "others" | "attackers";

const [FIRST, LAST] = [-20, 19];
const NICE: Readonly<Record<Part, number>> = { proxy: FIRST, meter: FIRST, others: 0, attackers: LAST };

/** Whether the parts are kept apart: that takes `taskset` and two cores. */
export const isPinned = cpus().length > 1 && findCommand("taskset") !== undefined;

/** Only root may go before others. */
const isRoot = process.getuid?.() === 0;
/** nice alone lets who runs finish his slice of some milliseconds, which would be found in the times of others. */
const hasIdleClass = findCommand("chrt") !== undefined;
const PROXY_CORE = "0";
const OTHER_CORES = `1-${cpus().length - 1}`;

/** Leaves the proxy's core to the proxy: a process, and all that it starts from now on, are on the other ones. */
export function leaveProxyCore(pid: number): void {
  if (!isPinned) return;
  execFileSync("taskset", ["-a", "-c", "-p", OTHER_CORES, String(pid)], { stdio: "ignore" });
}

/** A program and its arguments, to be started as one of a part. */
export function commandOf(part: Part, command: string, args: readonly string[]): [string, string[]] {
  const whole = [...precedenceOf(part), command, ...args];
  if (part === "proxy" && isPinned) whole.unshift("taskset", "-c", PROXY_CORE);
  const [first = command, ...rest] = whole;
  return [first, rest];
}

function precedenceOf(part: Part): string[] {
  if (part === "attackers" && hasIdleClass) return ["chrt", "--idle", "0"];
  return isRoot && NICE[part] < 0 ? ["nice", "-n", String(NICE[part])] : [];
}

/**
 * Gives the session that a process leads the nice of its part. Where Linux groups processes by session, as by default, their own
 * nice counts only among those of one session; between two of them the session's does (sched(7), "The autogroup feature").
 */
export function setGroupNice(pid: number | undefined, part: Part): void {
  const file = `/proc/${pid}/autogroup`;
  if (!isRoot || !existsSync(file)) return;
  try {
    writeFileSync(file, String(NICE[part]));
  } catch {
    // Root of a container may not.
  }
}
