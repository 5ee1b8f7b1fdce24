// What every etcd must do for a store, and a store for everybody, part 2 of 3: following.

import { describe, expect, it } from "vitest";

import { eventually, startLink } from "@wayleave/testkit";

import { ContractScene } from "./testing/contract-scene.ts";
import { compact, ETCDS } from "./testing/etcds.ts";
import { RecordingFollower } from "./testing/recording-follower.ts";
import { portOf } from "./endpoints.ts";
import { openStore } from "./open-store.ts";

describe.each(ETCDS)("following $name", ({ start }) => {
  const scene = new ContractScene(start);

  it("hands over the whole range and then each revision as one change", async () => {
    const prefix = scene.freshPrefix();
    const before = await scene.store.commit([{ put: `${prefix}a`, value: "1" }]);
    const follower = new RecordingFollower();
    const following = scene.store.follow(prefix, follower);
    await eventually(() => expect(follower.state).toBe("live"));
    expect(follower.snapshots).toMatchObject([{ reason: "start", records: [{ key: `${prefix}a` }] }]);
    expect(following.revision).toBeGreaterThanOrEqual(before);

    const revision = await scene.store.commit([
      { put: `${prefix}b`, value: "2" },
      { put: `${prefix}c`, value: "3" },
      { delete: `${prefix}a` },
    ]);
    await scene.store.commit([{ put: `/not-${prefix}`, value: "elsewhere" }]);
    await eventually(() => expect(following.revision).toBe(revision));
    expect(follower.changes).toMatchObject([
      { revision, puts: [{ key: `${prefix}b` }, { key: `${prefix}c` }], deletes: [`${prefix}a`] },
    ]);
    expect(following.lastProofAt).toBeGreaterThan(Date.now() - 60_000);
    await following.close();
    await scene.store.commit([{ put: `${prefix}d`, value: "4" }]);
    expect(follower.changes).toHaveLength(1);
  });

  it("loses and repeats no revision, and cuts none in two, over a link that breaks again and again", async () => {
    const prefix = scene.freshPrefix();
    await using link = await startLink({ host: "127.0.0.1", port: portOf(scene.endpoint) });
    await using follows = openStore({ endpoints: [`http://127.0.0.1:${link.port}`] });
    const follower = new RecordingFollower();
    const following = follows.follow(prefix, follower);
    await eventually(() => expect(follower.state).toBe("live"));

    const revisions: number[] = [];
    for (let batch = 0; batch < 20; batch++) {
      const cutAfter = Math.floor(Math.random() * 10);
      for (let i = 0; i < 10; i++) {
        const writes = Array.from({ length: 10 }, (_, n) => {
          const value = String(batch * 100 + i * 10 + n);
          return scene.store.commit(["x", "y", "z"].map((name) => ({ put: prefix + name, value })));
        });
        if (i === cutAfter) link.cut();
        revisions.push(...(await Promise.all(writes)));
      }
    }
    revisions.sort((a, b) => a - b);
    await eventually(() => expect(following.revision).toBe(revisions.at(-1)), { withinMs: 20_000 });
    expect(follower.disorder).toEqual([]);
    expect(follower.reasons).toEqual(["start"]);
    expect(follower.changes.map(({ revision }) => revision)).toEqual(revisions);
    expect(follower.changes.filter(({ puts }) => puts.length !== 3)).toEqual([]);
    expect(follower.statuses.filter(({ state }) => state === "reconnecting").length).toBeGreaterThan(3);
  });

  it("lists again when the history that it missed is compacted", async () => {
    const prefix = scene.freshPrefix();
    await using link = await startLink({ host: "127.0.0.1", port: portOf(scene.endpoint) });
    await using follows = openStore({ endpoints: [`http://127.0.0.1:${link.port}`] });
    await scene.store.commit(["gone", "kept"].map((name) => ({ put: prefix + name, value: "1" })));
    const follower = new RecordingFollower();
    follows.follow(prefix, follower);
    await eventually(() => expect(follower.state).toBe("live"));

    link.refuse();
    await scene.store.commit([{ delete: `${prefix}gone` }]);
    const revision = await scene.store.commit([{ put: `${prefix}new`, value: "2" }]);
    await compact(scene.endpoint, revision);
    link.heal();
    await eventually(() => expect(follower.reasons).toEqual(["start", "compacted"]));
    await eventually(() => expect(follower.state).toBe("live"));
    const after = await scene.store.commit([{ put: `${prefix}new`, value: "3" }]);
    await eventually(() => expect(follower.changes.at(-1)?.revision).toBe(after));
    expect(Object.fromEntries(follower.table)).toEqual({ [`${prefix}kept`]: "1", [`${prefix}new`]: "3" });
  });

  it("lists again when asked, at the revision that the changes have reached", async () => {
    const prefix = scene.freshPrefix();
    const follower = new RecordingFollower();
    const following = scene.store.follow(prefix, follower);
    await eventually(() => expect(follower.state).toBe("live"));
    const relists = [following.relist("audit")];
    for (let i = 0; i < 50; i++) {
      await scene.store.commit([
        { put: `${prefix}${i % 7}`, value: String(i) },
        { delete: `${prefix}${(i + 3) % 7}` },
      ]);
      if (i % 10 === 0) relists.push(following.relist("audit"));
    }
    await Promise.all(relists);
    await eventually(async () => {
      const { records } = await scene.store.list(prefix);
      expect([...follower.table.keys()].toSorted()).toEqual(records.map(({ key }) => key));
    });
    expect(follower.reasons).toEqual(["start", ...relists.map(() => "audit")]);
    expect(follower.disorder).toEqual([]);
    expect(follower.differences).toEqual([]);
    await following.close();
  });

  it("lists for whoever asks before there is a watch", async () => {
    const follower = new RecordingFollower();
    const following = scene.store.follow(scene.freshPrefix(), follower);
    await expect(following.relist("audit")).rejects.toMatchObject({ code: "unreachable" });
    await following.relist("asked");
    expect(follower.snapshots.length).toBeGreaterThan(0);
    await following.close();
  });

  it("goes on when the follower throws: reports it, and lists again", async () => {
    const prefix = scene.freshPrefix();
    const follower = new RecordingFollower();
    const following = scene.store.follow(prefix, {
      snapshot: (snapshot) => follower.snapshot(snapshot),
      change: (change) => {
        if (change.puts.some(({ value }) => value === "poison")) throw new Error("cannot digest it");
        follower.change(change);
      },
      status: (status) => follower.status(status),
    });
    await eventually(() => expect(follower.state).toBe("live"));
    await scene.store.commit([{ put: `${prefix}a`, value: "poison" }]);
    await eventually(() => expect(follower.reasons).toEqual(["start", "follower-failed"]));
    expect(follower.statuses).toContainEqual(
      expect.objectContaining({ reason: "follower-failed", error: "cannot digest it" }),
    );
    const revision = await scene.store.commit([{ put: `${prefix}a`, value: "fine" }]);
    await eventually(() => expect(following.revision).toBe(revision));
    expect(follower.table.get(`${prefix}a`)).toBe("fine");
    await following.close();
  });

  it("is over at once when it is closed in any state, and says so to those who wait", async () => {
    await using nowhere = openStore({ endpoints: ["http://127.0.0.1:1"] });
    const following = nowhere.follow("/x/", new RecordingFollower());
    const relisted = following.relist("asked");
    await following.close();
    await expect(relisted).rejects.toMatchObject({ code: "closed" });
    await expect(following.relist("asked")).rejects.toMatchObject({ code: "closed" });
    const early = scene.store.follow(scene.freshPrefix(), new RecordingFollower());
    await early.close();
  });
});
