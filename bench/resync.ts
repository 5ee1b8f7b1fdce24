// What a re-list of a large table does to the requests meanwhile:
// `node bench/resync.ts [--records N] [--changed N] [--rounds N] [--seconds N]`. A real etcd, the real command with one worker,
// and a closed loop of requests. In every other round the router loses its link, etcd is compacted past the point from which
// the router would resume, and so it lists everything again, over and over. JSON on stdout: percentiles of the requests'
// time in milliseconds, medians of the rounds and their spread, with and without re-lists.

import { Agent, request } from "node:http";
import { parseArgs } from "node:util";

import { keysUnder } from "@wayleave/records";
import { type Store, type Write, openStore } from "@wayleave/store";
import { type Link, eventually, startCommand, startDemoApp, startEtcd, startLink } from "@wayleave/testkit";

const WRITES_A_TRANSACTION = 125;
const LANES = 8;
const APPS = 1_000;
const CLIENTS = 4;
const keys = keysUnder();

export interface ResyncOptions {
  readonly records: number;
  /** Records that differ at each re-list. */
  readonly changed: number;
  readonly rounds: number;
  readonly seconds: number;
}

/** Milliseconds, of one round. */
interface Round {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly relists: number;
}

export interface ResyncResult extends ResyncOptions {
  readonly without: Summary;
  readonly with: Summary;
  /** What re-lists add to the 99th percentile; milliseconds. */
  readonly addedP99: number;
}

interface Summary {
  readonly p50: number;
  readonly p99: number;
  readonly p99Spread: readonly [least: number, most: number];
  readonly max: number;
  readonly requests: number;
  readonly relists: number;
}

/** Measures it in alternating rounds. Rejects when a request fails, or nothing was listed again. */
export async function measureResync(options: ResyncOptions): Promise<ResyncResult> {
  await using etcd = await startEtcd();
  await using store = openStore({ endpoints: etcd.endpoints });
  await using app = await startDemoApp({ name: "app" });
  const endpoint = etcd.endpoints[0] ?? "";
  const link = await startLink({ host: "127.0.0.1", port: Number(new URL(endpoint).port) });
  await write(store, options.records, "zone-0");
  const place = { put: keys.instance("bench", "1"), value: record("127.0.0.1", app.port) };
  await store.commit([place, { put: keys.route("bench.example", "/"), value: route("bench") }]);
  const flags = [
    "--listen",
    "127.0.0.1:0",
    "--admin",
    "127.0.0.1:0",
    "--access-log",
    "off",
    "--workers",
    "1",
  ];
  await using command = await startCommand(["router", "--etcd", `http://127.0.0.1:${link.port}`, ...flags]);
  const started = await command.waitForLine(/"router-started"/, { withinMs: 60_000 });
  const { listen, admin }: { listen: string; admin: string } = JSON.parse(started);
  const port = Number(listen.split(":").at(-1));
  const bench = { store, link, endpoint, admin, port, options };
  await runRound(bench, true); // everything is compiled after it
  const rounds = { without: [] as Round[], with: [] as Round[] };
  for (let at = 0; at < options.rounds; at += 1) {
    rounds.without.push(await runRound(bench, false));
    rounds.with.push(await runRound(bench, true));
  }
  await link.close();
  const [without, withRelists] = [summaryOf(rounds.without), summaryOf(rounds.with)];
  const addedP99 = withRelists.p99 - without.p99;
  return { ...options, without, with: withRelists, addedP99: rounded(addedP99) };
}

interface Bench {
  readonly store: Store;
  readonly link: Link;
  readonly endpoint: string;
  readonly admin: string;
  readonly port: number;
  readonly options: ResyncOptions;
}

async function runRound(bench: Bench, hasRelists: boolean): Promise<Round> {
  const before = await listsOf(bench.admin);
  const endsAt = performance.now() + bench.options.seconds * 1_000;
  const [times] = await Promise.all([
    load(bench.port, endsAt),
    hasRelists ? relist(bench, endsAt) : undefined,
  ]);
  const relists = (await listsOf(bench.admin)) - before;
  if (hasRelists && relists === 0) throw new Error("nothing was listed again");
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { requests: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1), relists };
}

let generation = 0;

/** Makes the router list everything again until the time is over; at least once. */
async function relist({ store, link, endpoint, admin, options }: Bench, endsAt: number): Promise<void> {
  do {
    const before = await listsOf(admin);
    link.refuse();
    generation += 1;
    await write(store, options.changed, `zone-${generation}`);
    const revision = await store.commit([
      { put: keys.route("now.example", "/"), value: route(`a${generation}`) },
    ]);
    const body = JSON.stringify({ revision, physical: true });
    await fetch(`${endpoint}/v3/kv/compaction`, { method: "POST", body });
    link.heal();
    await eventually(
      async () => {
        if ((await listsOf(admin)) === before) throw new Error("not listed yet");
      },
      { withinMs: 60_000 },
    );
  } while (performance.now() < endsAt);
}

async function listsOf(admin: string): Promise<number> {
  const text = await (await fetch(`http://${admin}/metrics`)).text();
  const lines = [...text.matchAll(/^wayleave_lists_total\{.*\} (\d+)$/gm)];
  return lines.reduce((total, [, value]) => total + Number(value), 0);
}

/** Sends requests over kept connections, each after the last one's answer; gives each one's milliseconds. */
async function load(port: number, endsAt: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const client = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const since = performance.now();
      const status = await exchange(agent, port);
      times.push(performance.now() - since);
      if (status !== 200) throw new Error(`a request was answered with ${status}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
  return times;
}

function exchange(agent: Agent, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { agent, host: "127.0.0.1", port, headers: { host: "bench.example" } };
    const outgoing = request(options, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode ?? 0));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function write(store: Store, count: number, zone: string): Promise<void> {
  const starts = Array.from(
    { length: Math.ceil(count / WRITES_A_TRANSACTION) },
    (_, at) => at * WRITES_A_TRANSACTION,
  );
  const waiting = starts.values();
  const lane = async (): Promise<void> => {
    for (const start of waiting)
      await store.commit(instances(start, Math.min(count, start + WRITES_A_TRANSACTION), zone));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function instances(from: number, to: number, zone: string): Write[] {
  return Array.from({ length: to - from }, (_, offset) => {
    const n = from + offset;
    const address = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    return { put: keys.instance(`app${n % APPS}`, `i${n}`), value: record(address, 8080, zone) };
  });
}

function record(address: string, port: number, zone?: string): string {
  return JSON.stringify({ address, port, zone });
}

function route(app: string): string {
  return JSON.stringify({ to: [{ app }] });
}

function summaryOf(rounds: readonly Round[]): Summary {
  const all = (read: (round: Round) => number): number[] =>
    rounds.map(read).toSorted((one, other) => one - other);
  const p99 = all((round) => round.p99);
  return {
    p50: rounded(median(all((round) => round.p50))),
    p99: rounded(median(p99)),
    p99Spread: [rounded(p99[0] ?? 0), rounded(p99.at(-1) ?? 0)],
    max: rounded(all((round) => round.max).at(-1) ?? 0),
    requests: sum(all((round) => round.requests)),
    relists: sum(all((round) => round.relists)),
  };
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      records: { type: "string", default: "100000" },
      changed: { type: "string", default: "0" },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "8" },
    },
  });
  const { records, changed, rounds, seconds } = values;
  const result = await measureResync({
    records: Number(records),
    changed: Number(changed),
    rounds: Number(rounds),
    seconds: Number(seconds),
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
