// `npm run bench`: Wayleave beside others on this machine. Each contender is proved to do the work rightly, then timed;
// contenders take turns, round by round, since the machine's speed drifts. What counts is ratios within a run.

import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { temporaryDirectory } from "@wayleave/testkit";

import { benchmarksPage } from "../scripts/docs/benchmarks-page.ts";
import type { Case, Run } from "./case.ts";
import { ATTACKS, CASES } from "./cases/all.ts";
import { findContenders } from "./contenders/all.ts";
import type { Contender } from "./contenders/contender.ts";
import { describeCommit, describeMachine } from "./machine/describe.ts";
import { isPinned, leaveProxyCore } from "./machine/part.ts";
import { proveContender } from "./prove.ts";
import { type CaseResult, LATEST, keepResult } from "./results.ts";
import { resultText } from "./result-text.ts";

const MEMORY_FOLDER = "/dev/shm";
const PAGE = path.resolve(import.meta.dirname, "../docs/benchmarks.md");
const HELP = `npm run bench [-- OPTIONS]
  --case NAME      only this case; may be repeated. ${CASES.map(({ name }) => name).join(", ")};
                   and only when they are named: ${ATTACKS.map(({ name }) => name).join(", ")}
  --only NAME      only this contender; may be repeated
  --rounds N       how often each is measured (5)
  --seconds N      how long each time (3)
  --quick          a little of everything, to see that it works; the figures say nothing
  --json FILE      keep the results in FILE, in the place of those of the same cases
  --write-docs     keep them in bench/results/latest.json, and write docs/benchmarks.md
`;

const { values: options } = parseArgs({
  options: {
    case: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    rounds: { type: "string" },
    seconds: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    "write-docs": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  if (options.help) return tell(HELP);
  leaveProxyCore(process.pid);
  // In memory: what disks do is no contender's doing.
  if (existsSync(MEMORY_FOLDER)) process.env["TMPDIR"] = MEMORY_FOLDER;
  const run = await planRun();
  const cases = options.case === undefined ? CASES : named([...CASES, ...ATTACKS], options.case);
  const latest = options["write-docs"] ? LATEST : undefined;
  for (const each of cases) {
    tell(`\n${each.title}\n`);
    const result = await runCase(each, run);
    tell(`${resultText(each, result)}\n`);
    const file = options.json ?? (CASES.includes(each) ? latest : undefined);
    if (file === undefined) continue;
    await keepResult(
      file,
      result,
      [...CASES, ...ATTACKS].map(({ name }) => name),
    );
  }
  if (options["write-docs"]) await writeFile(PAGE, benchmarksPage());
}

async function planRun(): Promise<Run> {
  const found = await findContenders();
  const taking = named([...found.keys()], options.only);
  const proofs = new Map<string, Promise<string | undefined>>();
  const prove = (contender: Contender, accessLog: boolean): Promise<string | undefined> => {
    const key = `${contender.name} ${accessLog}`;
    const known = proofs.get(key) ?? reasonAgainst(contender, accessLog);
    proofs.set(key, known);
    return known;
  };
  return {
    rounds: number("rounds", options.quick ? 1 : 5),
    seconds: number("seconds", options.quick ? 0.2 : 3),
    isQuick: options.quick,
    contenders: new Map([...found].filter(([contender]) => taking.includes(contender))),
    prove,
    tell: (text) => tell(`  ${text}\n`),
  };
}

async function reasonAgainst(contender: Contender, accessLog: boolean): Promise<string | undefined> {
  try {
    await proveContender(contender, { accessLog, folder: temporaryDirectory("proof") });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runCase(each: Case, run: Run): Promise<CaseResult> {
  const versions = [...run.contenders].map(([{ name }, version]) => [name, version]);
  const about = {
    name: each.name,
    measuredAt: new Date().toISOString(),
    commit: describeCommit(),
    rounds: run.rounds,
    secondsARound: run.seconds,
    loadAverageBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
    isPinned,
    machine: describeMachine(),
    versions: Object.fromEntries([["node", process.version], ...versions]),
  };
  return { ...about, ...(await each.run(run)) };
}

function named<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[] | undefined,
): readonly T[] {
  const unknown = names?.find((name) => !all.some((each) => each.name === name));
  if (unknown !== undefined) {
    throw new RangeError(`there is no ${unknown} among ${all.map(({ name }) => name).join(", ")}`);
  }
  return names === undefined ? all : all.filter(({ name }) => names.includes(name));
}

function number(option: "rounds" | "seconds", initial: number): number {
  const value = Number(options[option] ?? initial);
  if (!(value > 0)) throw new RangeError(`--${option} must be a number above 0`);
  return value;
}

function tell(text: string): void {
  process.stdout.write(text);
}

await main();
