// What befalls the stage. Each fault comes, lasts, and goes; what must hold meanwhile and afterwards is in faults.test.ts.

import { setTimeout as delay } from "node:timers/promises";

import { keysUnder } from "@wayleave/records";
import type { Write } from "@wayleave/store";
import { eventually } from "@wayleave/testkit";

import { routerTable, tableLine } from "./etcd-content.ts";
import type { Linked, LinkedRouter, Stage } from "./stage.ts";

const keys = keysUnder();

/** A fault, and how long it lasts: in every test run, and in a long one. */
export interface Fault {
  readonly name: string;
  /** Milliseconds. The time to live of leases is 4 s, in a long run 15 s; a dead link must be noticed within 15 s. */
  readonly lasts: { readonly short: number; readonly long: number };
  /** Milliseconds from its end until the tables must be what etcd holds. */
  readonly convergesWithin: number;
  /** Makes it, lets it last for so long, and takes it away. */
  readonly befall: (stage: Stage, lastsMs: number) => Promise<void>;
}

/** All faults that a platform must get through without a lost request. */
export const FAULTS: readonly Fault[] = [
  {
    name: "leader killed",
    lasts: { short: 5_000, long: 60_000 },
    convergesWithin: 20_000,
    async befall(stage, lastsMs) {
      const leader = await stage.leader();
      await leader.kill();
      await delay(lastsMs);
      await leader.start();
    },
  },
  {
    name: "two of three members frozen",
    lasts: { short: 20_000, long: 60_000 },
    convergesWithin: 30_000,
    async befall(stage, lastsMs) {
      // The leader among them: it must not take its leases for run out when it thaws.
      const leader = await stage.leader();
      const other = stage.etcd.members.find((member) => member !== leader);
      await leader.freeze();
      await other?.freeze();
      await delay(lastsMs);
      await leader.thaw();
      await other?.thaw();
    },
  },
  {
    name: "all members killed for longer than the leases last",
    lasts: { short: 8_000, long: 60_000 },
    convergesWithin: 30_000,
    async befall(stage, lastsMs) {
      const { members } = stage.etcd;
      await Promise.all(members.map((member) => member.kill()));
      await delay(lastsMs);
      await Promise.all(members.map((member) => member.start()));
    },
  },
  {
    name: "a router's link to its member black-holed",
    lasts: { short: 20_000, long: 60_000 },
    convergesWithin: 20_000,
    async befall(stage, lastsMs) {
      const [router] = stage.routers;
      if (router === undefined) throw new Error("there is no router");
      const link = await linkInUse(router);
      link.freeze();
      const change = { put: keys.route("meanwhile.example", "/"), value: '{"to":[{"app":"blue"}]}' };
      await Promise.all([delay(lastsMs), stage.store.commit([change])]);
      // It is still black-holed, and the router has found another way.
      await eventually(
        async () => {
          const table = await routerTable(router.admin);
          if (!table.some((line) => line.startsWith("route meanwhile.example "))) throw new Error("not yet");
        },
        { what: "the router follows etcd by another link" },
      );
      link.heal();
    },
  },
  {
    name: "every link of both routers black-holed",
    lasts: { short: 20_000, long: 60_000 },
    convergesWithin: 30_000,
    async befall({ routers }, lastsMs) {
      const links = routers.flatMap((router) => router.links);
      for (const link of links) link.freeze();
      await delay(lastsMs);
      for (const link of links) link.heal();
    },
  },
  {
    name: "compaction past the point from which a router resumes",
    lasts: { short: 3_000, long: 60_000 },
    convergesWithin: 20_000,
    async befall(stage, lastsMs) {
      refuse(stage.routers);
      await delay(lastsMs);
      const revision = await stage.store.commit([{ delete: keys.route("r0.example", "/") }]);
      await compact(stage.etcd.endpoints[0] ?? "", revision);
      heal(stage.routers);
    },
  },
  {
    name: "data wiped and filled again",
    // Within the shrink hold (30 s): after it, a router believes that what is missing is gone.
    lasts: { short: 5_000, long: 20_000 },
    convergesWithin: 60_000,
    async befall(stage, lastsMs) {
      const { members } = stage.etcd;
      await Promise.all(members.map((member) => member.stop()));
      await Promise.all(members.map((member) => member.wipe()));
      await Promise.all(members.map((member) => member.start()));
      // Nothing is in etcd now but what the registrars put back by themselves.
      await delay(lastsMs);
      await eventually(() => stage.applyRoutes());
    },
  },
  {
    name: "1,000 bad records",
    lasts: { short: 3_000, long: 60_000 },
    convergesWithin: 20_000,
    async befall(stage, lastsMs) {
      await writeBadRecords(stage);
      await delay(lastsMs);
    },
  },
  {
    name: "a registrar's links cut for longer than its leases last",
    lasts: { short: 8_000, long: 60_000 },
    convergesWithin: 30_000,
    async befall({ registrars }, lastsMs) {
      refuse(registrars.slice(0, 1));
      await delay(lastsMs);
      heal(registrars);
    },
  },
  {
    name: "every registrar killed at once",
    lasts: { short: 12_000, long: 60_000 },
    convergesWithin: 20_000,
    async befall(stage, lastsMs) {
      await Promise.all(stage.registrars.map((registrar) => registrar.kill()));
      await delay(lastsMs);
      await stage.startRegistrars();
    },
  },
];

async function linkInUse({ admin, links }: LinkedRouter) {
  const answer = await fetch(`${admin}/api/status`);
  const { endpoint }: { endpoint: string } = JSON.parse(await answer.text());
  const link = links.find(({ port }) => endpoint.endsWith(`:${port}`));
  if (link === undefined) throw new Error(`no link of the router leads to ${endpoint}`);
  return link;
}

function refuse(all: readonly Linked[]): void {
  for (const { links } of all) for (const link of links) link.refuse();
}

function heal(all: readonly Linked[]): void {
  for (const { links } of all) for (const link of links) link.heal();
}

async function compact(endpoint: string, revision: number): Promise<void> {
  const answer = await fetch(`${endpoint}/v3/kv/compaction`, {
    method: "POST",
    body: JSON.stringify({ revision, physical: true }),
  });
  if (!answer.ok) throw new Error(`etcd answered the compaction with ${answer.status}`);
}

const WRITES_A_TRANSACTION = 100;

// New keys, and the routes that the load takes: these had a good value before, which stays in force.
async function writeBadRecords(stage: Stage): Promise<void> {
  const routed = ["blue", "green"].map((app) => keys.route(`${app}.example`, "/"));
  for (const key of routed) {
    const { record } = await stage.store.get(key);
    stage.lastGood.add(tableLine(key, record?.value ?? "") ?? "");
  }
  const writes = [...routed.map((put): Write => ({ put, value: "{" })), ...newBadRecords(998)];
  for (let at = 0; at < writes.length; at += WRITES_A_TRANSACTION) {
    await stage.store.commit(writes.slice(at, at + WRITES_A_TRANSACTION));
  }
}

function newBadRecords(count: number): Write[] {
  const kinds: ((n: number) => Write)[] = [
    (n) => ({ put: keys.route(`bad${n}.example`, "/"), value: "not JSON" }),
    (n) => ({ put: keys.route(`bad${n}.example`, "/"), value: '{"to":"blue"}' }),
    (n) => ({ put: `${keys.table}routes/no host ${n}/`, value: '{"to":[{"app":"blue"}]}' }),
    (n) => ({ put: keys.instance("blue", `bad${n}`), value: '{"address":"app.local","port":80}' }),
    (n) => ({ put: keys.instance("green", `bad${n}`), value: '{"address":"127.0.0.1","port":"80"}' }),
    (n) => ({ put: `${keys.table}nonsense/${n}`, value: "{}" }),
  ];
  return Array.from({ length: count }, (_, n) => kinds[n % kinds.length]?.(n)).filter(
    (write) => write !== undefined,
  );
}
