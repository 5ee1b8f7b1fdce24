// What befalls leases: restarts, cuts and wipes of a real etcd.

import { describe, expect, it } from "vitest";

import { eventually, realEtcd, startEtcd, startLink } from "@wayleave/testkit";

import { RecordingFollower } from "./testing/recording-follower.ts";
import { portOf } from "./endpoints.ts";
import { openStore } from "./open-store.ts";
import type { LeasedRecords, LeaseState, Store } from "./store.ts";

const PATIENCE = { withinMs: 30_000 };

describe.skipIf(!realEtcd.isAvailable).concurrent("held leases", { timeout: 90_000 }, () => {
  it("outlive an etcd that is down for longer than their time: the same leases, and not one event", async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    const states: LeaseState[] = [];
    const holders = Array.from({ length: 50 }, () =>
      store.holdLease({ ttlSeconds: 2, onState: (state) => states.push(state) }),
    );
    await Promise.all(holders.map((holder, i) => holder.set(`/t/${i}`, "1")));
    const leases = holders.map(({ lease }) => lease);
    const before = await store.list("/t/");
    const follower = await startFollower(store);

    const [member] = etcd.members;
    await member?.kill();
    await eventually(() => expect(states.filter(({ state }) => state === "lost")).toHaveLength(50), PATIENCE);
    expect(holders.filter(({ lease }) => lease !== undefined)).toEqual([]);
    await member?.start();
    await eventually(() => expect(holders.map(({ lease }) => lease)).toEqual(leases), PATIENCE);
    await eventually(() => expect(follower.state).toBe("live"), PATIENCE);
    const after = await store.list("/t/");
    expect(after.records).toEqual(before.records);
    expect(follower.changes).toEqual([]);
  });

  it("are granted anew, and their records put again, when the store was wiped", async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    const held = store.holdLease({ ttlSeconds: 3 });
    await held.set("/t/a", "1");
    await held.set("/t/b", "2");
    await held.remove("/t/b");
    const lost = held.lease;
    const [member] = etcd.members;
    await member?.kill();
    await member?.wipe();
    await member?.start();
    await expectRecord(store, held, { key: "/t/a", value: "1" });
    expect(held.lease).not.toBe(lost);
    await expect(store.get("/t/b")).resolves.toMatchObject({ record: undefined });
  });

  it("come back after a cut of the network that was longer than their time", async () => {
    await using etcd = await startEtcd();
    const [endpoint = ""] = etcd.endpoints;
    await using link = await startLink({ host: "127.0.0.1", port: portOf(endpoint) });
    await using watching = openStore({ endpoints: [endpoint] });
    await using store = openStore({ endpoints: [`http://127.0.0.1:${link.port}`], callTimeoutMs: 1_000 });
    const states: LeaseState[] = [];
    const held = store.holdLease({ ttlSeconds: 2, onState: (state) => states.push(state) });
    await held.set("/t/a", "1");
    await held.set("/t/c", "1");
    const lost = held.lease;

    link.freeze();
    await eventually(async () => {
      await expect(watching.get("/t/a")).resolves.toMatchObject({ record: undefined });
    }, PATIENCE);
    expect(states.map(({ state }) => state).slice(0, 2)).toEqual(["held", "lost"]);
    // What is asked for in the meantime counts when etcd is back.
    const changed = held.set("/t/a", "2");
    const added = held.set("/t/b", "1");
    await expect(held.remove("/t/c")).rejects.toMatchObject({ code: "unreachable", key: "/t/c" });
    link.heal();
    await Promise.all([changed, added]);
    await expectRecord(watching, held, { key: "/t/a", value: "2" });
    await expectRecord(watching, held, { key: "/t/b", value: "1" });
    await expect(watching.get("/t/c")).resolves.toMatchObject({ record: undefined });
    expect(held.lease).not.toBe(lost);
  });

  it("put a record as soon as etcd answers again, when it did not for a while and the lease is still in force", async () => {
    await using etcd = await startEtcd();
    await using link = await startLink({ host: "127.0.0.1", port: portOf(etcd.endpoints[0] ?? "") });
    await using store = openStore({ endpoints: [`http://127.0.0.1:${link.port}`], callTimeoutMs: 300 });
    const held = store.holdLease({ ttlSeconds: 60 });
    await held.set("/t/a", "1");
    link.freeze();
    const changed = held.set("/t/a", "2");
    // Longer than one attempt, so that at least one was given up.
    await expect(held.remove("/t/b")).rejects.toMatchObject({ code: "unreachable" });
    link.heal();
    await changed;
    await expectRecord(store, held, { key: "/t/a", value: "2" });
  });

  it("wait for an etcd that is not there yet, and stop at once when they are closed", async () => {
    await using etcd = await startEtcd();
    const [member] = etcd.members;
    await member?.kill();
    await using store = openStore({ endpoints: etcd.endpoints, callTimeoutMs: 500 });
    const states: LeaseState[] = [];
    const held = store.holdLease({ ttlSeconds: 5, onState: (state) => states.push(state) });
    const waiting = held.set("/t/a", "1");
    await eventually(() => {
      expect(states).toMatchObject([
        { state: "lost", reason: expect.stringContaining("does not answer (connection refused)") },
      ]);
    });
    const closed = store.holdLease({ ttlSeconds: 5 });
    const never = closed.set("/t/b", "1");
    await closed.close();
    await expect(never).rejects.toMatchObject({ code: "closed", key: "/t/b" });
    await member?.start();
    await waiting;
    await expectRecord(store, held, { key: "/t/a", value: "1" });
  });
});

async function expectRecord(
  store: Store,
  held: LeasedRecords,
  record: { key: string; value: string },
): Promise<void> {
  await eventually(async () => {
    await expect(store.get(record.key)).resolves.toMatchObject({ record: { ...record, lease: held.lease } });
  }, PATIENCE);
}

async function startFollower(store: Store): Promise<RecordingFollower> {
  const follower = new RecordingFollower();
  store.follow("/t/", follower);
  await eventually(() => expect(follower.state).toBe("live"));
  return follower;
}
