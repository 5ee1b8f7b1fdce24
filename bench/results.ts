// What was measured, as it is kept: one file, small enough to commit.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Case, Measured } from "./case.ts";

/** Where the results that the page shows are kept. */
export const LATEST = path.resolve(import.meta.dirname, "results/latest.json");

/** A case that was measured: when, with what, on what. */
export interface CaseResult extends Measured, Pick<Case, "name"> {
  readonly measuredAt: string;
  /** What of Wayleave was measured: a commit, with a + when files differed from it. */
  readonly commit: string;
  readonly rounds: number;
  readonly secondsARound: number;
  /** The machine's load average over a minute, right before: what others did to it. */
  readonly loadAverageBefore: number;
  readonly isPinned: boolean;
  readonly machine: string;
  /** By contender or tool. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The file's content: the newest result of every case. */
export interface Results {
  readonly cases: readonly CaseResult[];
}

/** Reads kept results; none where there is no file. */
export async function readResults(file: string): Promise<Results> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { cases: [] };
    throw error;
  }
  return JSON.parse(text);
}

/** Puts a result in the place of the case's former one. `order` has the names of all cases. */
export async function keepResult(file: string, result: CaseResult, order: readonly string[]): Promise<void> {
  const { cases } = await readResults(file);
  const all = [...cases.filter(({ name }) => name !== result.name), result];
  const known = all.filter(({ name }) => order.includes(name));
  const sorted = known.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  await writeFile(file, `${JSON.stringify({ cases: sorted }, undefined, 2)}\n`);
}
