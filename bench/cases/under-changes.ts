// Requests through a router with a large table, with and without a thousand changes a second, in turn.

import type { Case, Measured, Row, Run } from "../case.ts";
import { ChangeWriter } from "../cluster/change-writer.ts";
import { BenchEtcd, type BenchRouter, type TableSize, applied } from "../cluster/large-table.ts";
import { figureOf, ratioOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { type LoadPlan, type LoadResult, runLoad } from "../load/load.ts";

const PREFIX = "/bench/";
const ELSEWHERE = "/elsewhere/";
const SIZE: TableSize = { apps: 10_000, instancesEach: 10 };
const QUICK_SIZE: TableSize = { apps: 100, instancesEach: 10 };
const CHANGES_A_SECOND = 1_000;

/** Requests a second: about a tenth and a twentieth of what one worker can. */
const RATES = { "5,000 requests/s": 5_000, "2,500 requests/s": 2_500 } as const;
/** To an instance, past the router. */
const ALONE_RATE = 500;

export const underChanges: Case = {
  name: "under-changes",
  title: "While 1,000 changes a second are applied",
  about:
    "100,000 instances of 10,000 apps in a real etcd. Instances come, change, drain and go all over the table, one of them of the app under load, and routes come and go, each as a revision of its own. 64 kept-alive connections, 130 bytes; rounds in turn with 1,000 changes a second to the router's table, and with as many in the same etcd to another range: so etcd and who writes cost the machine the same in both. Both processes of the router share core 0; etcd and who writes share the other one with clients and instances, who go before them. An instance is asked past the router at the same time: what its times rise by, the router has no part in.",
  columns: {
    errors: "failed requests",
    quiet: "p99 without, ms",
    changing: "p99 with, ms",
    ratio: "ratio of p99",
    quietAlone: "p99 of an instance alone, without",
    changingAlone: "p99 of an instance alone, with",
    quietTail: "p99.9 without, ms",
    changingTail: "p99.9 with, ms",
    applied: "changes/s applied",
  },
  budgets: Object.keys(RATES).flatMap((row) => [
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
  const rows: Row[] = [];
  for (const [name, rate] of Object.entries(RATES)) {
    const common = { path: "/", connections: 64, bodyBytes: 0, isNewEachTime: false, seconds: run.seconds };
    const plans = {
      router: { ...common, port: router.port, rate },
      instance: { ...common, port: first, rate: ALONE_RATE },
    };
    const startWriter = (prefix: string): ChangeWriter =>
      new ChangeWriter({ store: etcd.store, prefix, size, hotPort, rate: CHANGES_A_SECOND });
    rows.push(await measureInTurn(run, name, { router, plans, startWriter }));
  }
  return { rows };
}

interface Scene {
  readonly router: BenchRouter;
  /** The same requests, to the router and to an instance. */
  readonly plans: { readonly router: LoadPlan; readonly instance: LoadPlan };
  /** Starts to change what is under a prefix. */
  readonly startWriter: (prefix: string) => ChangeWriter;
}

/** What one round gave: by way of the router, and of the instance alone, asked beside it at the same time. */
interface Sample {
  readonly router: LoadResult;
  readonly instance: LoadResult;
}

async function measureInTurn(run: Run, name: string, scene: Scene): Promise<Row> {
  const quiet: Sample[] = [];
  const changing: ChangingSample[] = [];
  for (let round = run.isQuick ? 1 : 0; round <= run.rounds; round += 1) {
    const without = await loadBeside(scene);
    const withChanges = await loadUnderChanges(scene);
    if (round === 0) continue;
    quiet.push(without);
    changing.push(withChanges);
    run.tell(`${name}, round ${round}: p99 ${without.router.p99Ms} ms, ${withChanges.router.p99Ms} ms`);
  }
  const before = quiet.map(({ router }) => router.p99Ms);
  const after = changing.map(({ router }) => router.p99Ms);
  const figures = {
    errors: figureOf([[...quiet, ...changing].reduce((sum, { router }) => sum + router.errors, 0)]),
    quiet: figureOf(before),
    changing: figureOf(after),
    ratio: ratioOf(after, before),
    quietAlone: figureOf(quiet.map(({ instance }) => instance.p99Ms)),
    changingAlone: figureOf(changing.map(({ instance }) => instance.p99Ms)),
    quietTail: figureOf(quiet.map(({ router }) => router.p999Ms)),
    changingTail: figureOf(changing.map(({ router }) => router.p999Ms)),
    applied: figureOf(changing.map(({ changesASecond }) => changesASecond)),
  };
  return { name, figures };
}

/** The same load to the router and, lightly, to an instance: what the machine itself does to times meanwhile. */
async function loadBoth({ plans }: Scene): Promise<Sample> {
  const [router, instance] = await Promise.all([runLoad(plans.router), runLoad(plans.instance)]);
  return { router, instance };
}

/** The same with as many changes, in the same etcd, in a range that the router does not follow. */
async function loadBeside(scene: Scene): Promise<Sample> {
  await using stack = new AsyncDisposableStack();
  stack.use(scene.startWriter(ELSEWHERE));
  return await loadBoth(scene);
}

interface ChangingSample extends Sample {
  readonly changesASecond: number;
}

async function loadUnderChanges(scene: Scene): Promise<ChangingSample> {
  const since = performance.now();
  await using writer = scene.startWriter(PREFIX);
  const sample = await loadBoth(scene);
  const seconds = (performance.now() - since) / 1_000;
  const { written } = writer;
  await writer.close();
  await applied(scene.router, writer.revision);
  return { ...sample, changesASecond: written / seconds };
}
