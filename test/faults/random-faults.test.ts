// Any random sequence of record changes with random faults: in the end the table of a router is what etcd holds.

import { setTimeout as delay } from "node:timers/promises";

import { keysUnder } from "@wayleave/records";
import { type Store, type Write, openStore } from "@wayleave/store";
import { type EtcdCluster, type Link, eventually, realEtcd, startEtcd, startLink } from "@wayleave/testkit";
import { describe, it } from "vitest";

import { startReplica } from "../cluster.ts";
import { compareTable, expectedTable, routerTable, tableLine } from "./etcd-content.ts";

const IS_LONG = process.env["WAYLEAVE_SOAK"] === "1";
const SEQUENCES = IS_LONG ? 10 : 1;
const STEPS = IS_LONG ? 300 : 150;
const CONVERGES_WITHIN_MS = 90_000;

const keys = keysUnder();

describe.skipIf(!realEtcd.isAvailable)("a router's table", () => {
  it("is what etcd holds after any changes and any faults", { timeout: SEQUENCES * 240_000 }, async () => {
    for (let turn = 0; turn < SEQUENCES; turn += 1) {
      const seed = Number(process.env["WAYLEAVE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
      await expectTableAfter(seed).catch((error: unknown) => {
        throw new Error(`again with WAYLEAVE_SEED=${seed}`, { cause: error });
      });
    }
  });
});

async function expectTableAfter(seed: number): Promise<void> {
  await using etcd = await startEtcd({ members: 3 });
  await using stack = new AsyncDisposableStack();
  const store = stack.use(openStore({ endpoints: etcd.endpoints }));
  const links = await Promise.all(etcd.endpoints.map(async (endpoint) => stack.use(await linkTo(endpoint))));
  const replica = await startReplica(
    links.map(({ port }) => `http://127.0.0.1:${port}`),
    ["--access-log", "off"],
  );
  stack.use(replica.command);

  const world: World = { etcd, store, links, random: randomOf(seed), good: new Map(), bad: new Set() };
  for (let step = 0; step < STEPS; step += 1) {
    await (world.random(6) === 0 ? befall(world) : change(world));
  }
  for (const link of links) link.heal();
  await eventually(() =>
    store.commit([{ put: keys.route("last.example", "/"), value: '{"to":[{"app":"a"}]}' }]),
  );
  await eventually(
    async () => {
      const expected = await expectedTable(etcd.endpoints);
      const lastGood = new Set([...world.bad].flatMap((key) => world.good.get(key) ?? []));
      compareTable(await routerTable(replica.admin), { expected, lastGood });
    },
    { withinMs: CONVERGES_WITHIN_MS, what: "the table is what etcd holds" },
  );
}

interface World {
  readonly etcd: EtcdCluster;
  readonly store: Store;
  readonly links: readonly Link[];
  /** A whole number below its argument. */
  readonly random: (below: number) => number;
  /** The lines of every good value that a key has had: what a router knows when it sees the bad one depends on the faults. */
  readonly good: Map<string, string[]>;
  /** Keys whose value is bad now. */
  readonly bad: Set<string>;
}

// One transaction of up to six writes on few keys, so that they meet.
async function change({ store, random, good, bad }: World): Promise<void> {
  const writes = new Map<string, Write>();
  for (let count = 1 + random(6); count > 0; count -= 1) {
    const [key, write] = randomWrite(random);
    writes.set(key, write);
  }
  // Every change gets there in the end, so that the test knows what is bad.
  await eventually(() => store.commit([...writes.values()]), {
    withinMs: 60_000,
    what: "etcd takes a change",
  });
  for (const [key, write] of writes) {
    const line = "put" in write ? tableLine(key, write.value) : undefined;
    if (line !== undefined) good.set(key, [...(good.get(key) ?? []), line]);
    if ("put" in write && line === undefined) bad.add(key);
    else bad.delete(key);
  }
}

const BAD_VALUES = ["", "{", '{"to":[]}', '{"address":"a.name","port":80}', "7"];

function randomWrite(random: World["random"]): [string, Write] {
  const isRoute = random(3) === 0;
  const number = random(isRoute ? 30 : 40);
  const key = isRoute
    ? keys.route(`h${number}.example`, number % 2 === 0 ? "/" : "/part")
    : keys.instance(`app${number % 4}`, `i${number}`);
  const what = random(10);
  if (what < 3) return [key, { delete: key }];
  // Instances that may be bad have an address of their own: else it would depend on the faults who has it.
  const mayBeBad = isRoute || number < 10;
  if (what === 3 && mayBeBad) return [key, { put: key, value: BAD_VALUES[random(BAD_VALUES.length)] ?? "" }];
  const value = isRoute
    ? { to: [{ app: `app${random(4)}` }], labels: { turn: String(random(1_000)) } }
    : // Fewer addresses than instances: some are claimed twice.
      {
        address: mayBeBad ? `10.0.1.${number}` : `10.0.0.${random(20)}`,
        port: 80,
        state: random(4) === 0 ? "draining" : "ready",
      };
  return [key, { put: key, value: JSON.stringify(value) }];
}

async function befall(world: World): Promise<void> {
  const { etcd, store, links, random } = world;
  const link = links[random(links.length)];
  const member = etcd.members[random(etcd.members.length)];
  switch (random(8)) {
    case 0:
      for (const each of links) each.cut();
      return;
    case 1:
      return link?.freeze();
    case 2:
      return link?.freeze("to-client");
    case 3:
      for (const each of links) each.heal();
      return;
    case 4:
      return compact(etcd, await eventually(() => store.commit([{ put: "/elsewhere", value: "" }])));
    case 5:
      await member?.kill();
      await delay(random(2_000));
      return member?.start();
    case 6:
      return vanish(world);
    default:
      // Nothing gets through for a while; what was missed may be compacted meanwhile.
      for (const each of links) each.refuse();
      await delay(random(3_000));
  }
}

// A registrar that is killed as soon as its record stands: its instance is a last choice when the lease has run out.
async function vanish({ store, random, good, bad }: World): Promise<void> {
  const number = random(40);
  const key = keys.instance(`app${number % 4}`, `i${number}`);
  const value = JSON.stringify({ address: `10.0.2.${number}`, port: 80, state: "ready" });
  const lease = store.holdLease({ ttlSeconds: 2 });
  await lease.set(key, value);
  lease.destroy();
  good.set(key, [...(good.get(key) ?? []), tableLine(key, value) ?? ""]);
  bad.delete(key);
}

async function compact({ endpoints }: EtcdCluster, revision: number): Promise<void> {
  const body = JSON.stringify({ revision, physical: true });
  await fetch(`${endpoints[0]}/v3/kv/compaction`, {
    method: "POST",
    body,
    signal: AbortSignal.timeout(5_000),
  });
}

async function linkTo(endpoint: string): Promise<Link> {
  const { hostname, port } = new URL(endpoint);
  return startLink({ host: hostname, port: Number(port) });
}

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
