// What a re-list of a large table does to the requests meanwhile.

import { setTimeout as delay } from "node:timers/promises";

import { keysUnder } from "@wayleave/records";
import type { Write } from "@wayleave/store";
import { type Link, startLink } from "@wayleave/testkit";

import type { Case, Measured, Row, Run } from "../case.ts";
import {
  BenchEtcd,
  type BenchRouter,
  type TableSize,
  applied,
  instanceId,
  instanceValue,
} from "../cluster/large-table.ts";
import { figureOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { type LoadPlan, type LoadResult, runLoad } from "../load/load.ts";

const PREFIX = "/bench/";
const SIZE: TableSize = { apps: 10_000, instancesEach: 10 };
const QUICK_SIZE: TableSize = { apps: 100, instancesEach: 10 };
const RATE = 2_500;
/** The link heals so long after the load began; a list and what follows from it takes about a second. */
const HEALS_AFTER_MS = 500;
const LEAST_SECONDS = 3;
/** Writing 100,000 records takes longer than to measure what follows. */
const MOST_ROUNDS = 3;

const SCENES = { "no record differs": false, "every record differs": true };

export const resync: Case = {
  name: "resync",
  title: "While 100,000 records are listed again",
  about:
    "100,000 instances of 10,000 apps in a real etcd. The router's link to it is cut, every record is written anew, or none, and etcd is compacted: so when the link heals, within the load, the router has to list everything and compare. 64 kept-alive connections, 2,500 requests a second, 130 bytes; rounds in turn with and without. The worker has a core for itself; the router's main process shares the other one with etcd, instances and who asks.",
  columns: {
    errors: "failed requests",
    quiet: "p99 without, ms",
    listing: "p99 with, ms",
    added: "added to p99, ms",
    quietTail: "p99.9 without, ms",
    listingTail: "p99.9 with, ms",
  },
  budgets: Object.keys(SCENES).flatMap((row) => [
    { what: `failed requests in a re-list, ${row}`, row, column: "errors", atMost: 0 },
    { what: `added to p99 by a re-list, ms, ${row}`, row, column: "added", atMost: 1 },
  ]),
  run: measureResync,
};

/** All that takes part. */
interface Scene {
  readonly etcd: BenchEtcd;
  readonly link: Link;
  readonly router: BenchRouter;
  readonly size: TableSize;
  readonly plan: LoadPlan;
}

async function measureResync(run: Run): Promise<Measured> {
  const size = run.isQuick ? QUICK_SIZE : SIZE;
  await using instances = await startInstances();
  await using etcd = await BenchEtcd.start();
  await etcd.fill(PREFIX, size, instances);
  const member = new URL(etcd.endpoints[0] ?? "");
  await using link = await startLink({ host: member.hostname, port: Number(member.port) });
  await using router = await etcd.startRouter(PREFIX, {
    mainPart: "others",
    endpoints: [`http://127.0.0.1:${link.port}`],
  });
  const common = { path: "/", connections: 64, bodyBytes: 0, isNewEachTime: false, rate: RATE };
  const seconds = Math.max(run.seconds, LEAST_SECONDS);
  const scene = { etcd, link, router, size, plan: { ...common, port: router.port, seconds } };
  const rows: Row[] = [];
  for (const [name, isChanged] of Object.entries(SCENES)) {
    const hasWarmUp = !run.isQuick && rows.length === 0;
    rows.push(await measureInTurn(run, name, { scene, isChanged, hasWarmUp }));
  }
  return { rows };
}

interface Listing {
  readonly scene: Scene;
  readonly isChanged: boolean;
  /** A first round does not count: everything is compiled after it. */
  readonly hasWarmUp: boolean;
}

async function measureInTurn(run: Run, name: string, { scene, isChanged, hasWarmUp }: Listing): Promise<Row> {
  const quiet: LoadResult[] = [];
  const listing: LoadResult[] = [];
  for (let round = hasWarmUp ? 0 : 1; round <= Math.min(run.rounds, MOST_ROUNDS); round += 1) {
    const without = await runLoad(scene.plan);
    const during = await loadWhileListing(scene, isChanged);
    if (round === 0) continue;
    quiet.push(without);
    listing.push(during);
    run.tell(`${name}, round ${round}: p99 ${without.p99Ms} ms, ${during.p99Ms} ms`);
  }
  const figures = {
    errors: figureOf([[...quiet, ...listing].reduce((sum, { errors }) => sum + errors, 0)]),
    quiet: figureOf(quiet.map(({ p99Ms }) => p99Ms)),
    listing: figureOf(listing.map(({ p99Ms }) => p99Ms)),
    added: figureOf(listing.map(({ p99Ms }, at) => p99Ms - (quiet[at]?.p99Ms ?? Number.NaN))),
    quietTail: figureOf(quiet.map(({ p999Ms }) => p999Ms)),
    listingTail: figureOf(listing.map(({ p999Ms }) => p999Ms)),
  };
  return { name, figures };
}

let generation = 0;

async function loadWhileListing(scene: Scene, isChanged: boolean): Promise<LoadResult> {
  const { etcd, link, router, size, plan } = scene;
  generation += 1;
  link.refuse();
  if (isChanged) await etcd.write(rewritten(size, `zone-${generation}`));
  const key = keysUnder(PREFIX).route("now.example", "/");
  const value = JSON.stringify({ to: [{ app: `app-${generation}` }] });
  const revision = await etcd.store.commit([{ put: key, value }]);
  await compact(etcd.endpoints[0] ?? "", revision);
  const before = await listsOf(router);
  const heal = async (): Promise<void> => {
    await delay(HEALS_AFTER_MS);
    link.heal();
    await applied(router, revision);
  };
  const [result] = await Promise.all([runLoad(plan), heal()]);
  if ((await listsOf(router)) === before) throw new Error("nothing was listed again");
  return result;
}

function rewritten({ apps, instancesEach }: TableSize, zone: string): Write[] {
  const keys = keysUnder(PREFIX);
  return Array.from({ length: apps }, (_, app) =>
    Array.from({ length: instancesEach }, (__, id) => ({
      put: keys.instance(`app-${app}`, instanceId(app, id)),
      value: instanceValue(app, id, { zone }),
    })),
  ).flat();
}

async function compact(endpoint: string, revision: number): Promise<void> {
  const body = JSON.stringify({ revision, physical: true });
  const answer = await fetch(`${endpoint}/v3/kv/compaction`, { method: "POST", body });
  if (!answer.ok) throw new Error(`etcd does not compact: ${await answer.text()}`);
}

async function listsOf({ admin }: BenchRouter): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  const lines = [...text.matchAll(/^wayleave_lists_total\{.*\} (\d+)$/gm)];
  return lines.reduce((total, [, value]) => total + Number(value), 0);
}
