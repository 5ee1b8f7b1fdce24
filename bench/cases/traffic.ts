// Requests through every contender in turn: what a request costs its processes, and how long it takes.

import type { Budget, Case, Measured, Row, Run } from "../case.ts";
import type { RunningProxy } from "../contenders/contender.ts";
import { wayleave } from "../contenders/wayleave.ts";
import { figureOf, medianOf, ratioOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { type LoadPlan, generatorOf, runLoad } from "../load/load.ts";
import { startProven } from "../start-proven.ts";
import { cpuSeconds, memoryBytes, processTree } from "../machine/processes.ts";

/** Until the compilers of Node and Go have seen enough. */
const WARM_UP_SECONDS = 2;

/** A kind of traffic. */
export interface Traffic extends Pick<LoadPlan, "path" | "connections" | "bodyBytes" | "isNewEachTime"> {
  readonly accessLog: boolean;
}

const COLUMNS = {
  cpu: "CPU, µs a request",
  nginx: "x nginx",
  haproxy: "x HAProxy",
  caddy: "x Caddy",
  "http-proxy": "x http-proxy",
  rate: "requests/s on one core",
  busy: "core busy, %",
  p50: "p50, ms",
  p99: "p99, ms",
  p999: "p99.9, ms",
  memory: "memory, MiB",
} as const;
/** Whose CPU time a request ours is compared with. */
export const PEERS: readonly string[] = ["nginx", "haproxy", "caddy", "http-proxy"];

/** What one round gave of one contender: microseconds, requests a second, percent, milliseconds, MiB. */
export interface Sample {
  readonly cpu: number;
  readonly rate: number;
  readonly busy: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly memory: number;
}
const MEASURED = ["cpu", "rate", "busy", "p50", "p99", "p999", "memory"] as const;

/** Makes a case of one kind of traffic. */
export function trafficCase(
  about: Pick<Case, "name" | "title" | "about"> & { readonly budgets?: readonly Budget[] },
  traffic: Traffic,
): Case {
  return { budgets: [], columns: COLUMNS, ...about, run: (run) => measureTraffic(run, traffic) };
}

async function measureTraffic(run: Run, traffic: Traffic): Promise<Measured> {
  await using stack = new AsyncDisposableStack();
  const { ports } = stack.use(await startInstances({ takesBodies: traffic.bodyBytes > 0 }));
  const { proxies, refused } = await startProven(run, { instances: ports, accessLog: traffic.accessLog });
  for (const proxy of proxies) stack.use(proxy);
  const samples = await measureInTurn(run, proxies, traffic);
  const rows = proxies.map(({ name }) => rowOf(name, samples));
  const generator = generatorOf({ seconds: run.seconds });
  const note = `Load: ${generator === "wrk" ? "wrk, one thread" : "`bench/programs/load.ts`"}.`;
  return { rows, refused, note };
}

/** Rounds of load on each proxy in turn, after one that warms up. Throws when a request fails. */
export async function measureInTurn(
  run: Run,
  proxies: readonly Pick<RunningProxy, "name" | "port" | "pid">[],
  traffic: Traffic,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(proxies.map(({ name }) => [name, []]));
  // The first round warms up.
  for (let round = run.isQuick ? 1 : 0; round <= run.rounds; round += 1) {
    for (const proxy of proxies) {
      const seconds = round === 0 ? Math.max(WARM_UP_SECONDS, run.seconds) : run.seconds;
      const sample = await measureOnce(proxy, { ...traffic, port: proxy.port, seconds });
      if (round > 0) samples.get(proxy.name)?.push(sample);
    }
    if (round > 0) run.tell(`round ${round}: ${shortly(samples)}`);
  }
  return samples;
}

async function measureOnce(
  proxy: Pick<RunningProxy, "name" | "port" | "pid">,
  plan: LoadPlan,
): Promise<Sample> {
  const tree = processTree(proxy.pid);
  const before = cpuSeconds(tree);
  const since = performance.now();
  const result = await runLoad(plan);
  const spent = cpuSeconds(tree) - before;
  const lasted = (performance.now() - since) / 1_000;
  if (result.errors > 0 || result.requests === 0) {
    throw new Error(`${proxy.name}: ${result.errors} errors in ${result.requests} requests`);
  }
  return {
    cpu: (spent / result.requests) * 1e6,
    rate: result.requests / result.seconds,
    busy: (spent / lasted) * 100,
    p50: result.p50Ms,
    p99: result.p99Ms,
    p999: result.p999Ms,
    memory: memoryBytes(tree) / 2 ** 20,
  };
}

function rowOf(name: string, samples: ReadonlyMap<string, readonly Sample[]>): Row {
  const of = (which: string, what: keyof Sample): number[] =>
    samples.get(which)?.map((sample) => sample[what]) ?? [];
  const plain = MEASURED.map((what) => [what, figureOf(of(name, what))]);
  const peers = name === wayleave.name ? PEERS.filter((peer) => samples.has(peer)) : [];
  const ratios = peers.map((peer) => [peer, ratioOf(of(name, "cpu"), of(peer, "cpu"))]);
  return { name, figures: Object.fromEntries([...plain, ...ratios]) };
}

function shortly(samples: ReadonlyMap<string, readonly Sample[]>): string {
  return [...samples]
    .map(([name, all]) => `${name} ${medianOf(all.map(({ cpu }) => cpu)).toFixed(1)} µs`)
    .join(", ");
}
