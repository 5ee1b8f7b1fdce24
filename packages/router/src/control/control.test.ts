import { keysUnder } from "@wayleave/records";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { TableSink } from "./control.ts";
import { World, liveWorld } from "./testing/control-world.ts";
import { instanceJson } from "./testing/map-store.ts";

const keys = keysUnder();
const shop = keys.instance("shop", "a");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the config path", () => {
  it("waits without a table, and is live with one", async () => {
    const world = new World();
    await world.control.start();
    expect(world.control.status).toMatchObject({ state: "waiting", revision: 0, stalenessSeconds: null });
    world.etcd.write({ [shop]: instanceJson("10.0.0.1") });
    world.store.follower?.snapshot(world.etcd.snapshot("start"));
    world.store.follower?.status?.({ state: "live", endpoint: "http://127.0.0.1:2379" });
    await world.control.ready;
    expect(world.control.status).toMatchObject({ state: "live", revision: 1 });
    expect([...world.table.rows.keys()]).toEqual(["instance shop/a"]);
    await world.control.close();
  });

  it("keeps the table, ready and ageing, while etcd is away", async () => {
    const world = await liveWorld();
    world.store.lastProofAt = Date.now();
    world.write({ [shop]: instanceJson("10.0.0.1") });
    const away = {
      state: "reconnecting",
      endpoint: "http://127.0.0.1:2379",
      reason: "cut",
      error: "reset",
    } as const;
    for (let times = 0; times < 3; times += 1) world.store.follower?.status?.(away);
    vi.advanceTimersByTime(90_000);
    expect(world.control.status).toMatchObject({ state: "reconnecting", reason: "cut", error: "reset" });
    expect(world.control.status.stalenessSeconds).toBeGreaterThanOrEqual(90);
    expect(world.table.rows.size).toBe(1);
    expect(world.events.filter((event) => event === "etcd-reconnecting")).toHaveLength(1);
    expect(world.observed.filter((event) => event === "watchEnded cut")).toHaveLength(3);
    await world.control.close();
  });

  it("names a bad record in the log and in its status", async () => {
    const world = await liveWorld();
    world.write({ [shop]: "{" });
    expect(world.logged.at(-1)).toMatchObject({ msg: "record-rejected", key: shop, revision: 1 });
    expect(world.control.status.rejected).toBe(1);
    await world.control.close();
  });

  it("lets those go on who wait for a revision, when it is applied and not before", async () => {
    const world = await liveWorld();
    const reached = world.control.waitFor(2, 60_000);
    const inVain = world.control.waitFor(3, 1_000);
    world.write({});
    expect(await Promise.race([reached, Promise.resolve("not yet")])).toBe("not yet");
    world.write({});
    expect(await reached).toBe(2);
    vi.advanceTimersByTime(1_000);
    expect(await inVain).toBe(2);
    await world.control.close();
  });

  it("acknowledges a revision only when every table has it, and in order", async () => {
    const done: (() => void)[] = [];
    const apply = (): Promise<void> => new Promise((resolve) => void done.push(resolve));
    const sink: TableSink = { prepare: () => undefined, apply };
    const world = await liveWorld({ sink });
    world.write({});
    world.write({});
    done[1]?.();
    done[2]?.();
    await Promise.resolve();
    expect(world.control.status.revision).toBe(0);
    done[0]?.();
    await vi.waitFor(() => expect(world.control.status.revision).toBe(2));
    await world.control.close();
  });
});

describe("the replica's record", () => {
  it("is published from the first table on, at most four times a second, with the last revision", async () => {
    const world = await liveWorld();
    expect(world.store.published).toEqual([
      { key: keys.replica("one"), value: expect.objectContaining({ revision: 0, admin: "127.0.0.1:9080" }) },
    ]);
    for (let times = 0; times < 100; times += 1) world.write({});
    vi.advanceTimersByTime(1_000);
    expect(world.publishedRevisions).toEqual([0, 100]);
    for (let times = 0; times < 20; times += 1) {
      world.write({});
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(1_000);
    expect(world.publishedRevisions.length).toBeLessThanOrEqual(2 + 9);
    expect(world.publishedRevisions.at(-1)).toBe(120);
    await world.control.close();
    expect(world.store.isLeaseClosed).toBe(true);
  });

  it("is not published again when nothing changed", async () => {
    const world = await liveWorld();
    vi.advanceTimersByTime(60_000);
    expect(world.store.published).toHaveLength(1);
    await world.control.close();
  });

  it("says in the status and the log why it is not there", async () => {
    const world = await liveWorld();
    world.store.refusal = new Error("permission denied");
    vi.advanceTimersByTime(1_000);
    world.write({});
    await vi.waitFor(() => expect(world.control.status.replicaFailure).toBe("permission denied"));
    expect(world.events).toContain("replica-not-published");
    world.store.refusal = undefined;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(world.publishedRevisions).toEqual([0, 1]);
    expect(world.control.status.replicaFailure).toBeNull();
    await world.control.close();
  });
});

describe("a re-list that lost most of the table", () => {
  it("is repeated after the hold, and then believed", async () => {
    const world = new World();
    const ids = Array.from({ length: 20 }, (_, index) => keys.instance("shop", `i${index}`));
    world.etcd.write(Object.fromEntries(ids.map((key, index) => [key, instanceJson(`10.0.0.${index}`)])));
    await world.control.start();
    world.store.follower?.snapshot(world.etcd.snapshot("start"));
    world.etcd.records.clear();
    world.store.follower?.snapshot(world.etcd.snapshot("went-back"));
    expect(world.table.rows.size).toBe(20);
    expect(world.control.status.hold).toMatchObject({ removals: 20 });
    expect(world.events).toContain("removals-held");
    vi.advanceTimersByTime(29_000);
    expect(world.store.relists).toEqual([]);
    vi.advanceTimersByTime(3_000);
    expect(world.store.relists).toContain("asked");
    world.store.follower?.snapshot(world.etcd.snapshot("asked"));
    expect(world.table.rows.size).toBe(0);
    expect(world.events).toContain("removals-hold-ended");
    await world.control.close();
  });
});

describe("a mass expiry", () => {
  it("is told, drops suspects that refuse, and is over by itself", async () => {
    const world = await liveWorld();
    const ids = Array.from({ length: 20 }, (_, index) => keys.instance("shop", `i${index}`));
    world.write(Object.fromEntries(ids.map((key, index) => [key, instanceJson(`10.0.0.${index}`)])));
    world.write({}, ids);
    expect(world.control.status.suspects).toBe(20);
    expect(world.events).toContain("mass-expiry");
    world.control.connectionRefused("shop", "i7");
    expect(world.table.rows.has("instance shop/i7")).toBe(false);
    vi.advanceTimersByTime(61_000);
    expect(world.table.rows.size).toBe(0);
    expect(world.events).toContain("mass-expiry-ended");
    await world.control.close();
  });
});

describe("an audit", () => {
  it("comes every ten minutes, give or take one, while the link is live", async () => {
    const world = await liveWorld();
    vi.advanceTimersByTime(539_000);
    expect(world.store.relists).toEqual([]);
    vi.advanceTimersByTime(122_000);
    expect(world.store.relists).toEqual(["audit"]);
    world.store.follower?.snapshot(world.etcd.snapshot("audit"));
    expect(world.control.status.audit).toMatchObject({ differences: 0 });
    expect(world.observed).toContain("audited 0");
    await world.control.close();
  });

  it("counts what differs, and mends it", async () => {
    const world = await liveWorld();
    world.etcd.write({ [shop]: instanceJson("10.0.0.1") });
    world.store.follower?.snapshot(world.etcd.snapshot("audit"));
    expect(world.control.status.audit).toMatchObject({ differences: 1 });
    expect(world.events).toContain("audit-found-differences");
    expect(world.table.rows.size).toBe(1);
    await world.control.close();
  });
});
