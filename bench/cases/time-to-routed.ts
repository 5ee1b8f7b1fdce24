// How long a change takes from etcd's commit to the first request that is routed by it.

import path from "node:path";

import type { Case, Measured, Row, Run } from "../case.ts";
import { ChangeWriter } from "../cluster/change-writer.ts";
import { BenchEtcd, type TableSize } from "../cluster/large-table.ts";
import { type Figure, figureOf, percentileOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { runProgram } from "../machine/start-process.ts";
import type { RoutedPlan, RoutedTimes } from "../programs/time-to-routed.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../programs/time-to-routed.ts");
const PREFIX = "/bench/";
const SIZE: TableSize = { apps: 10_000, instancesEach: 10 };
const QUICK_SIZE: TableSize = { apps: 100, instancesEach: 10 };
const CHANGES_A_ROUND = 100;
const CHANGES_A_SECOND = 1_000;

const SCENES = { "one change at a time": 0, "while 1,000 others a second are applied": CHANGES_A_SECOND };

export const timeToRouted: Case = {
  name: "time-to-routed",
  title: "From a commit in etcd to the first routed request",
  about:
    "100,000 instances of 10,000 apps in a real etcd. A new route and its instance are written in one transaction, and the router is asked for it again and again from then on: the time from etcd's answer to the write until the first answer of the instance. etcd's own time for the write stands apart. The worker has a core for itself; the router's main process shares the other one with etcd and who asks. A question takes a few tenths of a millisecond; 0 says that the route was there before etcd's answer was read.",
  columns: {
    p50: "p50, ms",
    p99: "p99, ms",
    most: "most, ms",
    commit: "etcd's commit, p50, ms",
    commitTail: "etcd's commit, p99, ms",
  },
  budgets: Object.keys(SCENES).map((row) => ({
    what: `commit to routed, ms, ${row}`,
    row,
    column: "p99",
    atMost: 10,
  })),
  run: measureTimes,
};

async function measureTimes(run: Run): Promise<Measured> {
  const size = run.isQuick ? QUICK_SIZE : SIZE;
  await using instances = await startInstances();
  await using etcd = await BenchEtcd.start();
  await etcd.fill(PREFIX, size, instances);
  await using router = await etcd.startRouter(PREFIX, { mainPart: "others" });
  const rows: Row[] = [];
  for (const [name, rate] of Object.entries(SCENES)) {
    const rounds: RoutedTimes[] = [];
    for (let round = run.isQuick ? 1 : 0; round <= run.rounds; round += 1) {
      const plan = { store: etcd.store, prefix: PREFIX, size, hotPort: undefined, rate };
      await using stack = new AsyncDisposableStack();
      if (rate > 0) stack.use(new ChangeWriter(plan));
      const times = await timesOf({
        endpoints: etcd.endpoints,
        prefix: PREFIX,
        name: `${rate}-${round}`,
        port: router.port,
        instancePort: instances.ports[0] ?? 0,
        count: run.isQuick ? 10 : CHANGES_A_ROUND,
      });
      if (round > 0) rounds.push(times);
    }
    rows.push(rowOf(name, rounds));
  }
  return { rows };
}

async function timesOf(plan: RoutedPlan): Promise<RoutedTimes> {
  return JSON.parse(await runProgram("meter", process.execPath, [PROGRAM, JSON.stringify(plan)]));
}

function rowOf(name: string, rounds: readonly RoutedTimes[]): Row {
  const of = (what: keyof RoutedTimes, part: number): Figure =>
    figureOf(
      rounds.map((times) =>
        percentileOf(
          times[what].toSorted((a, b) => a - b),
          part,
        ),
      ),
    );
  // A hundred in a round are too few for a tail.
  const all = rounds.flatMap(({ routed }) => routed).toSorted((a, b) => a - b);
  return {
    name,
    figures: {
      p50: of("routed", 0.5),
      p99: figureOf([percentileOf(all, 0.99)]),
      most: figureOf([percentileOf(all, 1)]),
      commit: of("commits", 0.5),
      commitTail: of("commits", 0.99),
    },
  };
}
