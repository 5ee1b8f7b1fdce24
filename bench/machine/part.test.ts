import { existsSync, readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

import { temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import type { Part } from "./part.ts";
import { startProcess } from "./start-process.ts";

const SCHED_IDLE = 5;
/** Of proc_pid_stat(5), counted behind the name. */
const POLICY_FIELD = 38;

describe.runIf(existsSync("/proc/self/autogroup") && mayGoFirst())("parts of a run", () => {
  it("go before each other, though each process has a session of its own", async () => {
    const nices = { proxy: -20, meter: -20, others: 0, attackers: 19 };
    for (const [part, nice] of Object.entries(nices) as [Part, number][]) {
      const folder = temporaryDirectory("part");
      const args = ["-c", "echo ready; sleep 60"];
      await using running = await startProcess({ command: "sh", args, part, folder });
      await running.waitFor(/ready/, 5_000);
      expect(read(running.pid, "autogroup").trim()).toMatch(new RegExp(` nice ${nice}$`));
      const fields = read(running.pid, "stat").split(") ")[1]?.split(" ") ?? [];
      expect(Number(fields[POLICY_FIELD]) === SCHED_IDLE).toBe(part === "attackers");
    }
  });
});

const read = (pid: number, what: string): string => readFileSync(`/proc/${pid}/${what}`, "utf8");

function mayGoFirst(): boolean {
  const before = getPriority();
  try {
    setPriority(before - 1);
  } catch {
    return false;
  }
  setPriority(before);
  return true;
}
