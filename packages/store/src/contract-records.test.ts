// What every etcd must do for a store, and a store for everybody, part 1 of 3: records.

import { describe, expect, it } from "vitest";

import { eventually } from "@wayleave/testkit";

import { ContractScene } from "./testing/contract-scene.ts";
import { ETCDS } from "./testing/etcds.ts";
import { RecordingFollower } from "./testing/recording-follower.ts";
import { openStore } from "./open-store.ts";
import { StoreError } from "./store.ts";

describe.each(ETCDS)("records on $name", ({ name, start }) => {
  const scene = new ContractScene(start);

  describe("reading", () => {
    it("gives a record with its revisions, or none, and the revision of the answer", async () => {
      const prefix = scene.freshPrefix();
      const key = `${prefix}a`;
      const first = await scene.store.commit([{ put: key, value: "1" }]);
      const second = await scene.store.commit([{ put: key, value: "ü" }]);
      const { record, revision } = await scene.store.get(key);
      expect(record).toEqual({ key, value: "ü", createRevision: first, modRevision: second, lease: "0" });
      expect(revision).toBeGreaterThanOrEqual(second);
      await expect(scene.store.get(`${key}/none`)).resolves.toMatchObject({ record: undefined });
    });

    it("lists exactly the keys with a prefix, in order", async () => {
      const prefix = scene.freshPrefix();
      const keys = ["a", "b/c", "b0", "z\u{10ffff}"].map((suffix) => prefix + suffix);
      await scene.store.commit([
        ...keys.map((put) => ({ put, value: "x" })),
        { put: `${prefix.slice(0, -1)}0`, value: "not below the prefix" },
      ]);
      const { records, revision } = await scene.store.list(prefix);
      expect(records.map(({ key }) => key)).toEqual(keys);
      expect(revision).toBeGreaterThanOrEqual(records[0]?.modRevision ?? Infinity);
      await expect(scene.store.list(`${prefix}none/`)).resolves.toMatchObject({ records: [] });
    });
  });

  describe("committing", () => {
    it("writes everything in one revision", async () => {
      const prefix = scene.freshPrefix();
      await scene.store.commit([{ put: `${prefix}old`, value: "1" }]);
      const revision = await scene.store.commit([
        { put: `${prefix}a`, value: "1" },
        { put: `${prefix}b`, value: "2" },
        { delete: `${prefix}old` },
      ]);
      const { records } = await scene.store.list(prefix);
      expect(records.map(({ key, modRevision }) => [key, modRevision])).toEqual([
        [`${prefix}a`, revision],
        [`${prefix}b`, revision],
      ]);
    });

    it("writes nothing when a condition does not hold, and names the first key that failed", async () => {
      const prefix = scene.freshPrefix();
      const a = `${prefix}a`;
      const revision = await scene.store.commit([{ put: a, value: "1" }], [{ key: a, is: "absent" }]);
      const attempts = [
        { conditions: [{ key: a, is: "absent" as const }], key: a, words: "exists already" },
        { conditions: [{ key: a, modRevision: revision - 1 }], key: a, words: "has changed" },
        {
          conditions: [
            { key: a, modRevision: revision },
            { key: `${prefix}b`, is: "present" as const },
          ],
          key: `${prefix}b`,
          words: "does not exist",
        },
      ];
      for (const { conditions, key, words } of attempts) {
        const refused = scene.store.commit([{ put: `${prefix}c`, value: "x" }], conditions);
        await expect(refused).rejects.toMatchObject({ name: "StoreError", code: "conflict", key });
        await expect(refused).rejects.toThrow(`${key} ${words}`);
      }
      const { records } = await scene.store.list(prefix);
      expect(records.map(({ key }) => key)).toEqual([a]);
    });

    it("deletes on the condition that the key is as it was read", async () => {
      const key = `${scene.freshPrefix()}a`;
      const revision = await scene.store.commit([{ put: key, value: "1" }]);
      await scene.store.commit([{ delete: key }], [{ key, modRevision: revision }]);
      await expect(scene.store.get(key)).resolves.toMatchObject({ record: undefined });
    });

    it("takes 128 writes and refuses 129, naming the first key", async () => {
      const prefix = scene.freshPrefix();
      const writes = Array.from({ length: 128 }, (_, i) => ({ put: `${prefix}${i}`, value: "x" }));
      await scene.store.commit(writes);
      const tooMany = scene.store.commit([...writes, { put: `${prefix}more`, value: "x" }]);
      await expect(tooMany).rejects.toMatchObject({ code: "too-large", key: `${prefix}0` });
    });

    it("refuses a value that is too large for etcd, naming the key", async () => {
      const key = `${scene.freshPrefix()}large`;
      const refused = scene.store.commit([{ put: key, value: "x".repeat(4 * 1024 * 1024) }]);
      await expect(refused).rejects.toMatchObject({ code: "too-large", key });
    });
  });

  describe("an etcd that is not there", () => {
    it("is an error that names the endpoint and the reason", async () => {
      await using nowhere = openStore({ endpoints: ["http://127.0.0.1:1"], callTimeoutMs: 300 });
      const failed = nowhere.get("/a");
      await expect(failed).rejects.toBeInstanceOf(StoreError);
      await expect(failed).rejects.toMatchObject({ code: "unreachable", key: "/a" });
      await expect(failed).rejects.toThrow(
        "etcd at http://127.0.0.1:1 does not answer (connection refused): cannot read /a",
      );
      await expect(nowhere.localAddress()).rejects.toMatchObject({ code: "unreachable" });
      await expect(nowhere.status()).resolves.toEqual([
        { endpoint: "http://127.0.0.1:1", isReachable: false, error: "connection refused" },
      ]);
    });

    it("is no matter when another endpoint is there", async () => {
      await using either = openStore({ endpoints: ["http://127.0.0.1:1", scene.endpoint] });
      const key = `${scene.freshPrefix()}a`;
      await either.commit([{ put: key, value: "1" }]);
      await expect(either.get(key)).resolves.toMatchObject({ record: { value: "1" } });
      const follower = new RecordingFollower();
      either.follow(key, follower);
      await eventually(() => expect(follower.state).toBe("live"));
    });
  });

  it("tells the state of each member", async () => {
    await expect(scene.store.status()).resolves.toMatchObject([
      { endpoint: scene.endpoint, isReachable: true, isLeader: true, alarms: [] },
    ]);
    await expect(scene.store.localAddress()).resolves.toBe("127.0.0.1");
  });

  it("tells who the members are, and what each tells by HTTP, or why it does not", async () => {
    await expect(scene.store.members()).resolves.toEqual([
      { name: expect.any(String), endpoints: [expect.stringContaining(new URL(scene.endpoint).port)] },
    ]);
    const [vitals] = await scene.store.vitals();
    if (name === "the embedded etcd") {
      expect(vitals).toEqual({ endpoint: scene.endpoint, error: expect.any(String) });
      return;
    }
    expect(vitals).toMatchObject({ quotaBytes: 2 ** 31, compactedRevision: expect.any(Number) });
    expect(Math.abs(vitals?.clockAheadMs ?? Infinity)).toBeLessThan(5_000);
  });

  it("rejects what is asked of a closed store", async () => {
    const closed = openStore({ endpoints: [scene.endpoint] });
    const held = closed.holdLease({ ttlSeconds: 5 });
    await held.set(`${scene.freshPrefix()}a`, "1");
    await closed.close();
    await expect(closed.get("/a")).rejects.toMatchObject({ code: "closed" });
    await expect(held.set("/a", "1")).rejects.toMatchObject({ code: "closed" });
  });
});
