import path from "node:path";

import { runProgram } from "../machine/start-process.ts";
import type { LoadPlan, LoadResult } from "./load.ts";
import { parseReport } from "./wrk.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../programs/load.ts");
/** What it allocates in seconds fits: a garbage collection of the generator would be blamed on the proxy. */
const NO_COLLECTIONS = ["--min-semi-space-size=128", "--max-semi-space-size=128"];

/** Runs our generator as a process of its own. */
export async function runOwnLoad(plan: LoadPlan): Promise<LoadResult> {
  const args = [...NO_COLLECTIONS, PROGRAM, JSON.stringify(plan)];
  return parseReport(await runProgram("meter", process.execPath, args));
}
