// What one change costs on its way through the config path, beside the same in a table a hundred times smaller.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

import type { Case, Measured, Row, Run } from "../case.ts";
import { figureOf, ratioOf } from "../figure.ts";
import type { RoundCost, RoundOrder } from "../programs/change-cost.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../programs/change-cost.ts");
const INSTANCES_EACH = 3;
const ROUNDS_A_ROUND = 4;

const PATTERNS = {
  "the same 1,000 apps": { apps: 1_000, isSpread: false },
  "apps all over the table": { apps: 1_000, isSpread: true },
} as const satisfies Record<string, RoundOrder>;

export const changeCost: Case = {
  name: "change-cost",
  title: "The cost of one change",
  about:
    "CPU time of a process with the config path and a table, from etcd's decoded answer over parsing, guards and record set to the applied table, garbage collection included. Instances come, change, drain and go, and routes come and go, one revision each; 1,000 routes against 100,000, 3 instances each, two processes in turn. No step of it grows with the table; what differs is memory: keys, addresses, apps and hosts are looked up in tables that no longer fit the processor's caches, about 1 µs for each of the three or four look-ups that miss.",
  columns: { small: "1,000 routes, µs", large: "100,000 routes, µs", ratio: "ratio" },
  budgets: Object.keys(PATTERNS).map((row) => ({
    what: `cost of one change, 100,000 routes against 1,000: ${row}`,
    row,
    column: "ratio",
    atMost: 1.2,
  })),
  run: measureChangeCost,
};

async function measureChangeCost(run: Run): Promise<Measured> {
  const sizes = run.isQuick ? [100, 1_000] : [1_000, 100_000];
  const paths = await Promise.all(sizes.map((routes) => startPath(routes)));
  try {
    const rows: Row[] = [];
    for (const [name, order] of Object.entries(PATTERNS))
      rows.push(await measurePattern(run, paths, name, order));
    return { rows };
  } finally {
    for (const child of paths) child.kill();
  }
}

async function measurePattern(
  run: Run,
  paths: readonly ChildProcess[],
  name: string,
  order: RoundOrder,
): Promise<Row> {
  const costs: number[][] = paths.map(() => []);
  const rounds = run.rounds * ROUNDS_A_ROUND;
  for (let round = run.isQuick ? 1 : -ROUNDS_A_ROUND; round <= rounds; round += 1) {
    for (const [at, child] of paths.entries()) {
      const cost = await costOf(child, order);
      if (round > 0) costs[at]?.push(cost.process);
    }
  }
  const [small = [], large = []] = costs;
  const figures = { small: figureOf(small), large: figureOf(large), ratio: ratioOf(large, small) };
  run.tell(`${name}: ${figures.small.median} µs, ${figures.large.median} µs`);
  return { name, figures };
}

async function startPath(routes: number): Promise<ChildProcess> {
  const child = fork(PROGRAM, [String(routes), String(INSTANCES_EACH)], { stdio: "inherit" });
  await once(child, "message");
  return child;
}

async function costOf(child: ChildProcess, order: RoundOrder): Promise<RoundCost> {
  const answered = once(child, "message");
  child.send(order);
  const [cost] = await answered;
  return cost;
}
