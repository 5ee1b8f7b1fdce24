// What can befall a whole etcd: members that are down, and stores that are wiped or put back.

import { describe, expect, it } from "vitest";

import { type EtcdCluster, eventually, realEtcd, startEtcd, startLink } from "@wayleave/testkit";

import { RecordingFollower } from "./testing/recording-follower.ts";
import { portOf } from "./endpoints.ts";
import { openStore } from "./open-store.ts";
import type { Store } from "./store.ts";

const PATIENCE = { withinMs: 30_000 };

describe.skipIf(!realEtcd.isAvailable)("an etcd that was wiped", { timeout: 60_000 }, () => {
  it("and starts on the same port: the follower lists what is there now", async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    await fill(store, "old", 5);
    const follower = await startFollower(store);

    await wipe(etcd);
    await eventually(() => expect(follower.snapshots.length).toBeGreaterThan(1), PATIENCE);
    await eventually(() => expect(follower.state).toBe("live"), PATIENCE);
    await store.commit([{ put: "/t/new", value: "1" }]);
    await eventually(() => expect([...follower.table.keys()]).toEqual(["/t/new"]), PATIENCE);
    expect(["went-back", "cluster-changed"]).toContain(follower.reasons[1]);
  });

  it("and was filled again past our revision before we came back: the follower notices all the same", async () => {
    await using etcd = await startEtcd();
    const [endpoint = ""] = etcd.endpoints;
    await using link = await startLink({ host: "127.0.0.1", port: portOf(endpoint) });
    await using writer = openStore({ endpoints: [endpoint] });
    await using store = openStore({ endpoints: [`http://127.0.0.1:${link.port}`] });
    await fill(writer, "old", 5);
    const follower = await startFollower(store);

    link.refuse();
    await wipe(etcd);
    await fill(writer, "new", 20);
    link.heal();
    await eventually(() => expect([...follower.table.keys()].toSorted()).toEqual(keys("new", 20)), PATIENCE);
    // The cluster's id is the same, because its members are; and its revision is past ours.
    expect(follower.reasons).toEqual(["start", "went-back"]);
    expect(follower.snapshots[1]?.revision).toBeGreaterThan(follower.snapshots[0]?.revision ?? Infinity);
  });

  it("and is filled again while we come back: the follower notices, whatever it finds first", async () => {
    await using etcd = await startEtcd();
    const store = openStore({ endpoints: etcd.endpoints });
    await fill(store, "old", 5);
    await using follows = openStore({ endpoints: etcd.endpoints });
    const follower = await startFollower(follows);

    const [member] = etcd.members;
    await member?.freeze();
    await member?.kill();
    await member?.wipe();
    await member?.start();
    // The follower is on its way back too, and may be first: then it sees a store that went back.
    await fill(store, "new", 20);
    await store.close();
    await eventually(() => expect([...follower.table.keys()].toSorted()).toEqual(keys("new", 20)), PATIENCE);
    expect(["went-back", "cluster-changed"]).toContain(follower.reasons[1]);
  });
});

describe.skipIf(!realEtcd.isAvailable)(
  "three members of which one is down at the start",
  { timeout: 60_000 },
  () => {
    it("serve reads, writes, followers and leases", async () => {
      await using etcd = await startEtcd({ members: 3 });
      await etcd.members[0]?.kill();
      // Every store begins with an endpoint of its own choice: some of these with the one that is down.
      for (let i = 0; i < 6; i++) {
        await using store = openStore({ endpoints: etcd.endpoints });
        const key = `/t/${i}`;
        const follower = await startFollower(store);
        const held = store.holdLease({ ttlSeconds: 5 });
        const revision = await held.set(key, "1");
        await expect(store.get(key)).resolves.toMatchObject({ record: { modRevision: revision } });
        await eventually(() => expect(follower.changes).toMatchObject([{ revision }]), PATIENCE);
      }
      await using store = openStore({ endpoints: etcd.endpoints });
      const states = await store.status();
      expect(states.map(({ isReachable }) => isReachable)).toEqual([false, true, true]);
      expect(states.filter(({ isLeader }) => isLeader)).toHaveLength(1);
    });
  },
);

async function fill(store: Store, name: string, count: number): Promise<void> {
  for (const put of keys(name, count)) await eventually(() => store.commit([{ put, value: "1" }]), PATIENCE);
}

function keys(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `/t/${name}-${i}`).toSorted();
}

async function wipe(etcd: EtcdCluster): Promise<void> {
  for (const member of etcd.members) {
    await member.kill();
    await member.wipe();
    await member.start();
  }
}

async function startFollower(store: Store): Promise<RecordingFollower> {
  const follower = new RecordingFollower();
  store.follow("/t/", follower);
  await eventually(() => expect(follower.state).toBe("live"), PATIENCE);
  return follower;
}
