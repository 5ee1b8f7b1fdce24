// What one change costs a whole router, its link to etcd included, beside the same in a table a hundred times smaller.

import { setTimeout as delay } from "node:timers/promises";

import type { Case, Measured, Run } from "../case.ts";
import { ChangeWriter } from "../cluster/change-writer.ts";
import { BenchEtcd, type BenchRouter, type TableSize, applied } from "../cluster/large-table.ts";
import { figureOf, ratioOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { cpuSeconds } from "../machine/processes.ts";

const SIZES: readonly TableSize[] = [
  { apps: 1_000, instancesEach: 3 },
  { apps: 100_000, instancesEach: 3 },
];
const QUICK_SIZES: readonly TableSize[] = [
  { apps: 100, instancesEach: 3 },
  { apps: 1_000, instancesEach: 3 },
];
const CHANGES_A_SECOND = 500;

export const routerChangeCost: Case = {
  name: "router-change-cost",
  title: "The cost of one change to a whole router",
  about:
    "CPU time of the processes of `wayleave router --workers 1` while 500 changes a second come from a real etcd, all over the table, over the changes: the link to etcd, parsing, guards, record set, the way to the worker, both tables, acknowledging. 1,000 routes against 100,000, 3 instances each; two routers in turn.",
  columns: { small: "1,000 routes, µs", large: "100,000 routes, µs", ratio: "ratio" },
  budgets: [
    {
      what: "cost of one change to a whole router, 100,000 routes against 1,000",
      row: "main process and worker",
      column: "ratio",
      atMost: 1.2,
    },
  ],
  run: measureRouters,
};

/** A router with its table. */
interface Side {
  readonly prefix: string;
  readonly size: TableSize;
  readonly router: BenchRouter;
  /** Microseconds of CPU a change, a round each. */
  readonly main: number[];
  readonly worker: number[];
}

async function measureRouters(run: Run): Promise<Measured> {
  await using stack = new AsyncDisposableStack();
  const { ports } = stack.use(await startInstances());
  const etcd = stack.use(await BenchEtcd.start());
  const sides: Side[] = [];
  for (const [at, size] of (run.isQuick ? QUICK_SIZES : SIZES).entries()) {
    const prefix = `/bench-${at}/`;
    await etcd.fill(prefix, size, { ports });
    sides.push({ prefix, size, router: stack.use(await etcd.startRouter(prefix)), main: [], worker: [] });
  }
  for (let round = run.isQuick ? 1 : 0; round <= run.rounds; round += 1) {
    for (const side of sides) await measureSide(etcd, side, { seconds: run.seconds, isWarmUp: round === 0 });
  }
  return { rows: rowsOf(sides) };
}

async function measureSide(
  { store }: BenchEtcd,
  { router, prefix, size, main, worker }: Side,
  { seconds, isWarmUp }: { readonly seconds: number; readonly isWarmUp: boolean },
): Promise<void> {
  const cpu = (): number[] => [cpuSeconds([router.main]), cpuSeconds(router.workers)];
  const before = cpu();
  const plan = { store, prefix, size, hotPort: undefined, rate: CHANGES_A_SECOND };
  const writer = new ChangeWriter(plan);
  await delay(seconds * 1_000);
  await writer.close();
  await applied(router, writer.revision);
  const spent = cpu().map((after, at) => ((after - (before[at] ?? 0)) / writer.written) * 1e6);
  if (isWarmUp) return;
  main.push(spent[0] ?? 0);
  worker.push(spent[1] ?? 0);
}

function rowsOf(sides: readonly Side[]): Measured["rows"] {
  const parts = {
    "main process and worker": ({ main, worker }: Side) => main.map((each, at) => each + (worker[at] ?? 0)),
    "main process": ({ main }: Side) => main,
    worker: ({ worker }: Side) => worker,
  };
  return Object.entries(parts).map(([name, costsOf]) => {
    const [small = [], large = []] = sides.map((side) => costsOf(side));
    return {
      name,
      figures: { small: figureOf(small), large: figureOf(large), ratio: ratioOf(large, small) },
    };
  });
}
