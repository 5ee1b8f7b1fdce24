// What every etcd must do for a store, and a store for everybody, part 3 of 3: leases.

import { describe, expect, it } from "vitest";

import { eventually } from "@wayleave/testkit";

import { ContractScene } from "./testing/contract-scene.ts";
import { ETCDS, revoke } from "./testing/etcds.ts";
import type { LeaseState } from "./store.ts";

describe.each(ETCDS)("a lease on $name", ({ start }) => {
  const scene = new ContractScene(start);

  it("keeps records for longer than the lease's time, and revokes it in the end", async () => {
    const prefix = scene.freshPrefix();
    const states: LeaseState[] = [];
    const held = scene.store.holdLease({ ttlSeconds: 2, onState: (state) => states.push(state) });
    const revision = await held.set(`${prefix}a`, "1");
    const since = Date.now();
    await expect(scene.store.get(`${prefix}a`)).resolves.toMatchObject({
      record: { value: "1", modRevision: revision, lease: held.lease },
    });
    await eventually(() => expect(Date.now() - since).toBeGreaterThan(5_000));
    await expect(scene.store.get(`${prefix}a`)).resolves.toMatchObject({ record: { modRevision: revision } });
    expect(states).toEqual([{ state: "held", lease: held.lease }]);
    await held.close();
    await expect(scene.store.get(`${prefix}a`)).resolves.toMatchObject({ record: undefined });
    await expect(held.set(`${prefix}a`, "1")).rejects.toMatchObject({ code: "closed", key: `${prefix}a` });
  });

  it("tells how long a lease still has, and that there is none", async () => {
    await using held = scene.store.holdLease({ ttlSeconds: 60 });
    await held.set(`${scene.freshPrefix()}a`, "1");
    const lease = held.lease ?? "";
    const left = await scene.store.leaseSecondsLeft(lease);
    expect(left).toBeGreaterThan(50);
    expect(left).toBeLessThanOrEqual(60);
    await revoke(scene.endpoint, lease);
    await expect(scene.store.leaseSecondsLeft(lease)).resolves.toBeUndefined();
  });

  it("lets one of several have a key that none of them may take, and tells the others", async () => {
    const key = `${scene.freshPrefix()}a`;
    const owners = Array.from({ length: 8 }, () => scene.store.holdLease({ ttlSeconds: 5 }));
    const claims = await Promise.allSettled(
      owners.map((held, n) => held.set(key, String(n), { mayTake: () => false })),
    );
    const winners = claims.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []));
    expect(winners).toHaveLength(1);
    const { record } = await scene.store.get(key);
    expect([record?.value, record?.lease]).toEqual([String(winners[0]), owners[winners[0] ?? -1]?.lease]);
    for (const claim of claims.filter(({ status }) => status === "rejected"))
      expect(claim).toMatchObject({ reason: { code: "conflict", key } });
    await Promise.all(owners.map((held) => held.close()));
  });

  it("changes and removes a record", async () => {
    const key = `${scene.freshPrefix()}a`;
    await using held = scene.store.holdLease({ ttlSeconds: 5 });
    await held.set(key, "ready");
    const changed = await held.set(key, "draining");
    await expect(scene.store.get(key)).resolves.toMatchObject({
      record: { value: "draining", modRevision: changed },
    });
    const removed = await held.remove(key);
    expect(removed).toBeGreaterThan(changed);
    await expect(scene.store.get(key)).resolves.toMatchObject({ record: undefined });
  });

  it("puts all records again, under a new lease, when the lease is lost", async () => {
    const prefix = scene.freshPrefix();
    const states: LeaseState[] = [];
    await using held = scene.store.holdLease({ ttlSeconds: 2, onState: (state) => states.push(state) });
    await Promise.all([
      held.set(`${prefix}a`, "1"),
      held.set(`${prefix}b`, "2"),
      held.set(`${prefix}c`, "3"),
    ]);
    await held.remove(`${prefix}c`);
    const lost = held.lease ?? "";
    await revoke(scene.endpoint, lost);
    await eventually(async () => {
      const { records } = await scene.store.list(prefix);
      expect(records.map(({ key, value, lease }) => [key, value, lease === held.lease])).toEqual([
        [`${prefix}a`, "1", true],
        [`${prefix}b`, "2", true],
      ]);
    });
    expect(held.lease).not.toBe(lost);
    expect(states.map(({ state }) => state)).toEqual(["held", "lost", "held"]);
  });

  it("does not take back after a loss what has become somebody else's, unless it may", async () => {
    const key = `${scene.freshPrefix()}a`;
    const states: LeaseState[] = [];
    await using held = scene.store.holdLease({ ttlSeconds: 2, onState: (state) => states.push(state) });
    await using other = scene.store.holdLease({ ttlSeconds: 5 });
    await held.set(key, "mine", { mayTake: () => false });
    await other.set(key, "theirs");
    await revoke(scene.endpoint, held.lease ?? "");
    await eventually(() => {
      expect(states.at(-1)).toMatchObject({ state: "refused", error: { code: "conflict", key } });
    });
    await expect(scene.store.get(key)).resolves.toMatchObject({ record: { value: "theirs" } });
    await held.set(key, "mine", { mayTake: ({ value }) => value === "theirs" });
    await expect(scene.store.get(key)).resolves.toMatchObject({ record: { value: "mine" } });
    expect(states.at(-1)).toEqual({ state: "held", lease: held.lease });
  });

  it("takes a record over, unless it may not", async () => {
    const key = `${scene.freshPrefix()}a`;
    await using first = scene.store.holdLease({ ttlSeconds: 5 });
    await using second = scene.store.holdLease({ ttlSeconds: 5 });
    await first.set(key, "first");
    const refused = second.set(key, "second", { mayTake: ({ value }) => value !== "first" });
    await expect(refused).rejects.toMatchObject({ code: "conflict", key });
    await expect(refused).rejects.toThrow(`${key} belongs to somebody else, under the lease`);
    await expect(scene.store.get(key)).resolves.toMatchObject({ record: { value: "first" } });
    await second.set(key, "second");
    await expect(scene.store.get(key)).resolves.toMatchObject({
      record: { value: "second", lease: second.lease },
    });
    await first.remove(key);
    await expect(scene.store.get(key)).resolves.toMatchObject({ record: { value: "second" } });
  });
});
