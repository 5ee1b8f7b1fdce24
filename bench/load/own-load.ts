import path from "node:path";

import { runProgram } from "../machine/start-process.ts";
import type { LoadPlan, LoadResult } from "./load.ts";
import { parseReport } from "./wrk.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../programs/load.ts");

/** Runs our generator as a process of its own. */
export async function runOwnLoad(plan: LoadPlan): Promise<LoadResult> {
  return parseReport(await runProgram("meter", process.execPath, [PROGRAM, JSON.stringify(plan)]));
}
