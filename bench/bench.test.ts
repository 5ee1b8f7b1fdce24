// The benchmarks work: every case runs here with a little of everything, and gives every figure that it promises.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { realEtcd, temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { ATTACKS, CASES } from "./cases/all.ts";
import { PEERS } from "./cases/traffic.ts";
import { findContenders } from "./contenders/all.ts";
import type { Figure } from "./figure.ts";
import { type CaseResult, LATEST, readResults } from "./results.ts";

const BENCH = fileURLToPath(new URL("bench.ts", import.meta.url));
const run = promisify(execFile);
/** The others differ from these in numbers, or in how many routers they start. */
const ONE_OF_EACH_KIND = new Set([
  "uploads",
  "tls",
  "certificates",
  "idle-connections",
  "under-changes",
  "time-to-routed",
  "change-cost",
]);
const isSoak = process.env["WAYLEAVE_SOAK"] === "1";

describe.skipIf(!realEtcd.isAvailable)("npm run bench -- --quick", () => {
  it("proves and times every contender that is installed", { timeout: 120_000 }, async () => {
    const [result] = await quickRun("--case", "small-64");
    const installed = [...(await findContenders()).keys()].map(({ name }) => name);
    expect(result?.refused).toEqual({});
    expect(result?.rows.map(({ name }) => name)).toEqual(installed);
  });

  it(
    `gives every figure of ${isSoak ? "every case" : "one case of each kind"}`,
    { timeout: 300_000 },
    async () => {
      const all = [...CASES, ...ATTACKS].map(({ name }) => name);
      const names = all.filter((name) => isSoak || ONE_OF_EACH_KIND.has(name));
      const results = await quickRun("--only", "wayleave", ...names.flatMap((name) => ["--case", name]));
      expect(results.map(({ name }) => name)).toEqual(names);
      expect(results.flatMap(missingFigures)).toEqual([]);
    },
  );

  it("refuses a case that it does not know, and names those that it does", async () => {
    await expect(run(process.execPath, [BENCH, "--case", "small"])).rejects.toThrow(
      /there is no small among small-64, /,
    );
  });
});

describe("the results that are kept", () => {
  it("are of every case, with every figure", async () => {
    const { cases } = await readResults(LATEST);
    expect(cases.map(({ name }) => name)).toEqual(CASES.map(({ name }) => name));
    expect(cases.flatMap(missingFigures)).toEqual([]);
  });
});

async function quickRun(...options: string[]): Promise<readonly CaseResult[]> {
  const file = join(temporaryDirectory("bench"), "quick.json");
  await run(process.execPath, [BENCH, "--quick", "--json", file, ...options]);
  return (await readResults(file)).cases;
}

/** The figures that a result does not have, or not in order; ratios to peers are there only where those are installed. */
function missingFigures({ name, rows }: CaseResult): string[] {
  const columns = Object.keys([...CASES, ...ATTACKS].find((each) => each.name === name)?.columns ?? {});
  const promised = columns.filter((column) => !PEERS.includes(column));
  if (rows.length === 0) return [`${name}: rows`];
  return rows.flatMap((row) =>
    promised
      .filter((column) => !isInOrder(row.figures[column]))
      .map((column) => `${name}: ${row.name}: ${column}`),
  );
}

function isInOrder(figure: Figure | undefined): boolean {
  return figure !== undefined && figure.low <= figure.median && figure.median <= figure.high;
}
