// What a large table costs the requests.

import type { Case, Measured, Run } from "../case.ts";
import { BenchEtcd, type TableSize } from "../cluster/large-table.ts";
import { figureOf, ratioOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { type Sample, measureInTurn } from "./traffic.ts";

const SMALL = "2 instances";
const LARGE = "100,000 instances";
const SIZES: Readonly<Record<string, TableSize>> = {
  [SMALL]: { apps: 0, instancesEach: 0 },
  [LARGE]: { apps: 10_000, instancesEach: 10 },
};
const QUICK_APPS = 100;

export const largeTable: Case = {
  name: "large-table",
  title: "With 100,000 instances in the table",
  about:
    "Two routers that follow the same etcd, one with the two instances that serve, one with 100,000 more of 10,000 apps and routes. 130 bytes, 64 kept-alive connections that ask again at once.",
  columns: {
    cpu: "CPU, µs a request",
    ratio: "CPU, x 2 instances",
    rate: "requests/s on one core",
    p50: "p50, ms",
    p99: "p99, ms",
    p999: "p99.9, ms",
    memory: "memory, MiB",
  },
  budgets: [],
  run: measureLargeTable,
};

async function measureLargeTable(run: Run): Promise<Measured> {
  await using stack = new AsyncDisposableStack();
  const instances = stack.use(await startInstances());
  const etcd = stack.use(await BenchEtcd.start());
  const routers: { readonly name: string; readonly port: number; readonly pid: number }[] = [];
  for (const [at, [name, size]] of Object.entries(SIZES).entries()) {
    const prefix = `/bench-${at}/`;
    const apps = run.isQuick ? Math.min(size.apps, QUICK_APPS) : size.apps;
    await etcd.fill(prefix, { ...size, apps }, instances);
    const router = stack.use(await etcd.startRouter(prefix));
    routers.push({ name, port: router.port, pid: router.main });
  }
  const traffic = { path: "/", connections: 64, bodyBytes: 0, isNewEachTime: false, accessLog: false };
  const samples = await measureInTurn(run, routers, traffic);
  const of = (name: string, what: keyof Sample): number[] =>
    samples.get(name)?.map((sample) => sample[what]) ?? [];
  return {
    rows: [SMALL, LARGE].map((name) => ({
      name,
      figures: {
        cpu: figureOf(of(name, "cpu")),
        ratio: ratioOf(of(name, "cpu"), of(SMALL, "cpu")),
        rate: figureOf(of(name, "rate")),
        p50: figureOf(of(name, "p50")),
        p99: figureOf(of(name, "p99")),
        p999: figureOf(of(name, "p999")),
        memory: figureOf(of(name, "memory")),
      },
    })),
  };
}
