import path from "node:path";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";
import { HOST } from "../contenders/contender.ts";
import { runProgram } from "../machine/start-process.ts";
import type { LoadPlan, LoadResult } from "./load.ts";

const WRK = findCommand("wrk");

export const isWrkInstalled = WRK !== undefined;

/** Runs wrk with one thread. Its percentiles are corrected for requests that a slow answer kept from being sent. */
export async function runWrk(plan: LoadPlan): Promise<LoadResult> {
  const { port, connections, seconds, bodyBytes, isNewEachTime } = plan;
  const args = ["-t1", `-c${connections}`, `-d${Math.round(seconds)}s`, "--timeout", "10s"];
  args.push("-H", `Host: ${HOST}`, "-s", path.join(import.meta.dirname, "wrk.lua"));
  if (isNewEachTime) args.push("-H", "Connection: close");
  args.push(`http://127.0.0.1:${port}${plan.path}`, "--", String(bodyBytes));
  return parseReport(await runProgram("meter", WRK ?? "wrk", args));
}

/** Reads the line of JSON that a generator ends with. Throws with the whole text when there is none. */
export function parseReport(text: string): LoadResult {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`no report: ${text}`);
  const { requests, seconds, errors, p50Ms, p99Ms, p999Ms } = JSON.parse(line);
  return { requests, seconds, errors, p50Ms, p99Ms, p999Ms };
}
