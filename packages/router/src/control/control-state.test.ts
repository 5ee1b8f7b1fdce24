import { hash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keysUnder } from "@wayleave/records";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { VERSION } from "../version.ts";
import { stateFile } from "./state-file.ts";
import { World, liveWorld } from "./testing/control-world.ts";
import { instanceJson, routeJson } from "./testing/map-store.ts";

const keys = keysUnder();
const shop = keys.instance("shop", "a");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
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
    expect(world.store.follower).toBeUndefined();
    world.control.follow();
    world.etcd.write({ [shop]: instanceJson("10.0.0.1") });
    world.store.follower?.snapshot(world.etcd.snapshot("start"));
    expect([...world.table.rows.keys()]).toEqual(["instance shop/a"]);
    expect(world.store.published).toHaveLength(1);
    await world.control.close();
  });

  it("gives way at once, with one line, when etcd is another cluster than it is of", async () => {
    const world = await liveWorld({ stateDir });
    const many = Array.from({ length: 20 }, (_, n) => [
      keys.instance("shop", `i${n}`),
      instanceJson(`10.0.1.${n}`),
    ]);
    world.write(Object.fromEntries(many));
    await world.control.close();
    const next = new World({ stateDir });
    await next.control.start();
    expect(next.table.rows.size).toBe(20);
    next.control.follow();
    next.etcd.clusterId = "2";
    next.etcd.write({ [shop]: instanceJson("10.0.0.1") });
    next.store.follower?.snapshot(next.etcd.snapshot("start"));
    expect([...next.table.rows.keys()]).toEqual(["instance shop/a"]);
    expect(next.control.status.hold).toBeNull();
    expect(next.logged.filter(({ msg }) => msg === "state-of-another-cluster")).toMatchObject([
      { clusterId: "2", savedOf: "1" },
    ]);
    await next.control.close();
  });

  it("is parsed again when another version wrote it", async () => {
    await saved();
    const lines = (await readFile(stateFile(stateDir), "utf8")).split("\n").slice(0, -2);
    const body = `${lines.join("\n")}\n`
      .replace(`"version":"${VERSION}"`, '"version":"0.0.1"')
      .replace('"port":80,', '"port":99999,');
    await writeFile(stateFile(stateDir), `${body}${hash("sha256", body)}\n`);
    const world = new World({ stateDir });
    await world.control.start();
    expect([...world.table.rows.keys()]).toEqual(["route a.example/"]);
    expect(world.control.status.rejected).toBe(1);
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
