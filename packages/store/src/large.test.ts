// Much at once: many keys, large values, long revisions. On a real etcd, for its limits are what this is about.

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type EtcdCluster, eventually, realEtcd, startEtcd, startLink } from "@wayleave/testkit";

import { compact } from "./testing/etcds.ts";
import { RecordingFollower } from "./testing/recording-follower.ts";
import { portOf } from "./endpoints.ts";
import { openStore } from "./open-store.ts";
import type { Store } from "./store.ts";

const PATIENCE = { withinMs: 30_000 };

describe.skipIf(!realEtcd.isAvailable)("a large range", { timeout: 60_000 }, () => {
  let etcd: EtcdCluster;
  let store: Store;

  beforeAll(async () => {
    etcd = await startEtcd({ args: ["--quota-backend-bytes=1073741824"] });
    store = openStore({ endpoints: etcd.endpoints, callTimeoutMs: 20_000 });
  });
  afterAll(async () => {
    await store?.close();
    await etcd?.close();
  });

  it("of 100,000 records is listed whole, at one revision, while others write", async () => {
    const value = "x".repeat(150);
    await put("/many/", 100_000, value);
    const listed = new AbortController();
    const others = (async () => {
      for (let i = 0; !listed.signal.aborted; i++) {
        await store.commit([{ put: `/many/${i % 100}`, value: `changed ${i}` }]);
      }
    })();
    const { records, revision } = await store.list("/many/");
    listed.abort();
    await others;
    expect(records).toHaveLength(100_000);
    expect(new Set(records.map(({ key }) => key)).size).toBe(100_000);
    expect(records.filter(({ modRevision }) => modRevision > revision)).toEqual([]);
  });

  it("is listed whole when its history is compacted between two pages", async () => {
    const listing = store.list("/many/");
    for (let i = 0; i < 3; i++)
      await compact(etcd.endpoints[0] ?? "", await store.commit([{ put: "/other", value: "" }]));
    const { records } = await listing;
    expect(records).toHaveLength(100_000);
  });

  it("of more bytes than one answer may have is listed in smaller pages", async () => {
    await put("/large/", 96, "x".repeat(1024 * 1024), 1);
    const { records } = await store.list("/large/");
    expect(records).toHaveLength(96);
    expect(records.every(({ value }) => value.length === 1024 * 1024)).toBe(true);
  });

  it("of changes that etcd sends in fragments is handed over whole", async () => {
    const [endpoint = ""] = etcd.endpoints;
    await using link = await startLink({ host: "127.0.0.1", port: portOf(endpoint) });
    await using follows = openStore({ endpoints: [`http://127.0.0.1:${link.port}`] });
    const follower = new RecordingFollower();
    follows.follow("/burst/", follower);
    await eventually(() => expect(follower.state).toBe("live"));

    // What comes while it is away is sent in one answer, cut where etcd likes: 60 MB in revisions of 1.2 MB.
    link.refuse();
    const revisions: number[] = [];
    for (let i = 0; i < 50; i++) {
      const writes = Array.from({ length: 12 }, (_, n) => ({
        put: `/burst/${n}`,
        value: String(i).padStart(100_000, "0"),
      }));
      revisions.push(await store.commit(writes));
    }
    link.heal();
    await eventually(() => expect(follower.changes.at(-1)?.revision).toBe(revisions.at(-1)), PATIENCE);
    expect(follower.changes.map(({ revision }) => revision)).toEqual(revisions);
    expect(follower.changes.filter(({ puts }) => puts.length !== 12)).toEqual([]);
    expect(follower.reasons).toEqual(["start"]);
  });

  async function put(prefix: string, count: number, value: string, perCommit = 128): Promise<void> {
    const keys = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
    const commits = Array.from({ length: Math.ceil(count / perCommit) }, (_, i) =>
      keys.slice(i * perCommit, (i + 1) * perCommit).map((key) => ({ put: key, value })),
    );
    // Eight at a time, so that etcd can write them to disk together.
    const next = commits.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const writes of next) await store.commit(writes);
      }),
    );
  }
});
