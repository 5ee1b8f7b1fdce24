// Requests through a router with a large table, with and without a thousand changes a second, in turn.

import { setTimeout as delay } from "node:timers/promises";

import type { Case, Measured, Row, Run } from "../case.ts";
import { ChangeWriter } from "../cluster/change-writer.ts";
import { BenchEtcd, type BenchRouter, type TableSize, appliedRevision } from "../cluster/large-table.ts";
import { figureOf, ratioOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { type LoadPlan, type LoadResult, runLoad } from "../load/load.ts";
import { cpuSeconds } from "../machine/processes.ts";
import { goFirst } from "../machine/start-process.ts";

const PREFIX = "/bench/";
const SIZE: TableSize = { apps: 10_000, instancesEach: 10 };
const QUICK_SIZE: TableSize = { apps: 100, instancesEach: 10 };
const CHANGES_A_SECOND = 1_000;
const SETTLE_MS = 300;

/** How the requests are sent. */
const LOADS = {
  "5,000 requests/s": { rate: 5_000 },
  "1,000 requests/s": { rate: 1_000 },
} as const satisfies Record<string, Partial<LoadPlan>>;

export const underChanges: Case = {
  name: "under-changes",
  title: "While 1,000 changes a second are applied",
  about:
    "100,000 instances of 10,000 apps in a real etcd. Instances come, change, drain and go all over the table, one of them of the app under load, and routes come and go, each as a revision of its own. 64 kept-alive connections, 130 bytes; rounds with and without changes in turn. The worker has core 0, and goes before everything else there; the router's main process, etcd and who writes share the other one with clients and instances, who go before them.",
  columns: {
    errors: "failed requests",
    quiet: "p99 without, ms",
    changing: "p99 with, ms",
    ratio: "ratio of p99",
    quietTail: "p99.9 without, ms",
    changingTail: "p99.9 with, ms",
    rate: "requests/s with",
    applied: "changes/s applied",
    worker: "worker, µs CPU a change",
    main: "main process, µs CPU a change",
  },
  budgets: Object.keys(LOADS).flatMap((row) => [
    { what: `failed requests under 1,000 changes/s, ${row}`, row, column: "errors", atMost: 0 },
    { what: `p99 under 1,000 changes/s against without, ${row}`, row, column: "ratio", atMost: 1.2 },
  ]),
  run: measureUnderChanges,
};

async function measureUnderChanges(run: Run): Promise<Measured> {
  const size = run.isQuick ? QUICK_SIZE : SIZE;
  await using instances = await startInstances({ count: 3 });
  const [first = 0, second = 0, hotPort] = instances.ports;
  await using etcd = await BenchEtcd.start();
  await etcd.fill(PREFIX, size, { ports: [first, second] });
  await using router = await etcd.startRouter(PREFIX);
  for (const worker of router.workers) goFirst(worker);
  const rows: Row[] = [];
  for (const [name, how] of Object.entries(LOADS)) {
    const plan: LoadPlan = {
      port: router.port,
      path: "/",
      connections: 64,
      bodyBytes: 0,
      isNewEachTime: false,
      seconds: run.seconds,
      ...how,
    };
    const startWriter = (): ChangeWriter =>
      new ChangeWriter({ store: etcd.store, prefix: PREFIX, size, hotPort, rate: CHANGES_A_SECOND });
    rows.push(await measureInTurn(run, name, { router, plan, startWriter }));
  }
  return { rows };
}

interface Scene {
  readonly router: BenchRouter;
  readonly plan: LoadPlan;
  readonly startWriter: () => ChangeWriter;
}

async function measureInTurn(run: Run, name: string, scene: Scene): Promise<Row> {
  const quiet: LoadResult[] = [];
  const changing: ChangingResult[] = [];
  for (let round = run.isQuick ? 1 : 0; round <= run.rounds; round += 1) {
    const without = await runLoad(scene.plan);
    const withChanges = await loadUnderChanges(scene);
    if (round === 0) continue;
    quiet.push(without);
    changing.push(withChanges);
    run.tell(`${name}, round ${round}: p99 ${without.p99Ms} ms, ${withChanges.p99Ms} ms`);
  }
  const errors = [...quiet, ...changing].reduce((sum, result) => sum + result.errors, 0);
  const [before, after] = [quiet.map(({ p99Ms }) => p99Ms), changing.map(({ p99Ms }) => p99Ms)];
  const figures = {
    errors: figureOf([errors]),
    quiet: figureOf(before),
    changing: figureOf(after),
    ratio: ratioOf(after, before),
    quietTail: figureOf(quiet.map(({ p999Ms }) => p999Ms)),
    changingTail: figureOf(changing.map(({ p999Ms }) => p999Ms)),
    rate: figureOf(changing.map(({ requests, seconds }) => requests / seconds)),
    applied: figureOf(changing.map(({ changesASecond }) => changesASecond)),
    main: figureOf(changing.map(({ mainMicroseconds }) => mainMicroseconds)),
  };
  return { name, figures };
}

interface ChangingResult extends LoadResult {
  readonly changesASecond: number;
  readonly mainMicroseconds: number;
}

async function loadUnderChanges({ router, plan, startWriter }: Scene): Promise<ChangingResult> {
  const [since, cpuBefore, revisionBefore] = [
    performance.now(),
    cpuSeconds([router.main]),
    await appliedRevision(router),
  ];
  const writer = startWriter();
  const result = await runLoad(plan);
  const seconds = (performance.now() - since) / 1_000;
  const applied = (await appliedRevision(router)) - revisionBefore;
  const spent = cpuSeconds([router.main]) - cpuBefore;
  await writer.close();
  await delay(SETTLE_MS);
  if ((await appliedRevision(router)) < writer.revision) {
    throw new Error(`the router is at revision ${await appliedRevision(router)}, not at ${writer.revision}`);
  }
  return { ...result, changesASecond: applied / seconds, mainMicroseconds: (spent / applied) * 1e6 };
}
