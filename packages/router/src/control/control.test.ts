import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keysUnder } from "@wayleave/records";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Control, type TableSink } from "./control.ts";
import { allowedAddresses } from "./guards/allowed-addresses.ts";
import { stateFile } from "./state-file.ts";
import { FakeStore } from "./testing/fake-store.ts";
import { FoldedTable, MapStore, instanceJson, routeJson } from "./testing/map-store.ts";

const keys = keysUnder();
const shop = keys.instance("shop", "a");

class World {
  readonly etcd = new MapStore();
  readonly store = new FakeStore();
  readonly table = new FoldedTable();
  readonly logged: { msg: string }[] = [];
  readonly observed: string[] = [];
  readonly control: Control;

  constructor(options: { stateDir?: string; sink?: TableSink } = {}) {
    const observe =
      (what: string) =>
      (value: unknown): void => {
        if (what !== "changeApplied") this.observed.push(`${what} ${String(value)}`);
      };
    this.control = new Control({
      store: this.store,
      keys,
      check: allowedAddresses({ cidrs: [], forbidden: new Set() }),
      sink: options.sink ?? { apply: (change) => this.table.apply(change) },
      observer: {
        changeApplied: observe("changeApplied"),
        listed: observe("listed"),
        watchEnded: observe("watchEnded"),
        audited: observe("audited"),
      },
      logger: pino({}, { write: (line: string) => void this.logged.push(JSON.parse(line)) }),
      id: "one",
      replica: () => ({ admin: "127.0.0.1:9080", version: "1", since: "2026-01-01T00:00:00Z", workers: 0 }),
      stateDir: options.stateDir,
    });
  }

  write(puts: Record<string, string>, deletes: readonly string[] = []): void {
    this.store.follower?.change(this.etcd.write(puts, deletes));
  }

  get events(): string[] {
    return this.logged.map(({ msg }) => msg);
  }

  get publishedRevisions(): unknown[] {
    return this.store.published.map(({ value }) => Object(value).revision);
  }
}

async function liveWorld(options?: ConstructorParameters<typeof World>[0]): Promise<World> {
  const world = new World(options);
  await world.control.start();
  world.store.follower?.snapshot(world.etcd.snapshot("start"));
  world.store.follower?.status?.({ state: "live", endpoint: "http://127.0.0.1:2379" });
  return world;
}

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
    const sink: TableSink = { apply: () => new Promise<void>((resolve) => void done.push(resolve)) };
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

describe("the state on disk", () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "wayleave-control-"));
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  async function saved(): Promise<void> {
    const world = await liveWorld({ stateDir });
    world.store.lastProofAt = Date.now();
    world.write({ [shop]: instanceJson("10.0.0.1"), [keys.route("a.example", "/")]: routeJson("shop") });
    await world.control.close();
  }

  it("is served, and said to be, while etcd is away; and compared with etcd when that is back", async () => {
    await saved();
    const world = new World({ stateDir });
    await world.control.start();
    await world.control.ready;
    expect(world.control.status).toMatchObject({ state: "from-disk", revision: 1 });
    expect(world.control.status.stalenessSeconds).not.toBeNull();
    expect(world.table.rows.size).toBe(2);
    expect(world.store.published).toEqual([]);
    expect(world.events).toContain("state-loaded");
    world.etcd.write({ [shop]: instanceJson("10.0.0.1") });
    world.store.follower?.snapshot(world.etcd.snapshot("start"));
    expect([...world.table.rows.keys()]).toEqual(["instance shop/a"]);
    expect(world.store.published).toHaveLength(1);
    await world.control.close();
  });

  it("does not become younger by being loaded and saved again without etcd", async () => {
    await saved();
    vi.advanceTimersByTime(3_600_000);
    for (let times = 0; times < 2; times += 1) {
      const world = new World({ stateDir });
      await world.control.start();
      expect(world.control.status.stalenessSeconds).toBeGreaterThanOrEqual(3_600);
      await world.control.close();
    }
  });

  it("is as old as the last proof when the router closes, not as the last change", async () => {
    const world = await liveWorld({ stateDir });
    await vi.advanceTimersByTimeAsync(3_600_000);
    world.store.lastProofAt = Date.now();
    await world.control.close();
    const next = new World({ stateDir });
    await next.control.start();
    expect(next.control.status.stalenessSeconds).toBeLessThan(60);
    await next.control.close();
  });

  it("is refused with one line when it is torn", async () => {
    await saved();
    const text = await readFile(stateFile(stateDir), "utf8");
    await writeFile(stateFile(stateDir), text.slice(0, -10));
    const world = new World({ stateDir });
    await world.control.start();
    expect(world.control.status.state).toBe("waiting");
    expect(world.logged.filter(({ msg }) => msg === "state-refused")).toMatchObject([
      { file: stateFile(stateDir), reason: expect.stringContaining("checksum") },
    ]);
    await world.control.close();
  });

  it("is written soon after a change, and says when that fails", async () => {
    const world = await liveWorld({ stateDir });
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.waitFor(() => expect(world.control.status.stateFile?.savedAt).not.toBeNull());
    await rm(stateDir, { recursive: true });
    await writeFile(stateDir, "in the way");
    world.write({});
    await vi.advanceTimersByTimeAsync(60_000);
    await vi.waitFor(() => expect(world.control.status.stateFile?.failure).toContain("EEXIST"));
    expect(world.events.filter((event) => event === "state-not-saved")).toHaveLength(1);
    await world.control.close();
  });
});
