import type { Keys } from "@wayleave/records";

import { CommandError } from "../exit-codes.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/paint.ts";
import { type Problem, readSource } from "../yaml-source.ts";
import { type TableFile, readTableFile } from "./read-table-file.ts";

/**
 * Reads a table file and tells its warnings. Throws a CommandError (invalid) when it has mistakes, with a line for
 * each: `FILE:LINE:COLUMN: reason`.
 */
export async function loadTableFile(path: string, keys: Keys, output: Output): Promise<TableFile> {
  const file = readTableFile(await readSource(path), path, keys);
  for (const warning of file.warnings) output.warn(formatProblem(warning));
  if (file.problems.length > 0) {
    throw new CommandError("invalid", file.problems.map(formatProblem).join("\nwayleave: "));
  }
  return file;
}

/** `FILE:LINE:COLUMN: reason`, safe to print. */
export function formatProblem({ at, reason }: Problem): string {
  return `${at}: ${printable(reason)}`;
}
