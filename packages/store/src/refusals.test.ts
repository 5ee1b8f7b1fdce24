// What etcd refuses, and how a store says so: each needs an etcd that is set up for it.

import { Etcd3 } from "etcd3";
import { describe, expect, it } from "vitest";

import { type EtcdCluster, eventually, realEtcd, startEtcd } from "@wayleave/testkit";

import { RecordingFollower } from "./testing/recording-follower.ts";
import { openStore } from "./open-store.ts";
import { type LeaseState, type Store, StoreError } from "./store.ts";

const ROOT = { username: "root", password: "secret" };
const SHOP = { username: "shop", password: "pw" };

describe.skipIf(!realEtcd.isAvailable)("an etcd whose space is used up", { timeout: 60_000 }, () => {
  it("is read-only: writes and leases say so and name the key, the rest works on", async () => {
    await using etcd = await startEtcd({ args: ["--quota-backend-bytes=2097152"] });
    await using store = openStore({ endpoints: etcd.endpoints });
    const states: LeaseState[] = [];
    const follower = new RecordingFollower();
    const following = store.follow("/t/", follower);
    await using held = store.holdLease({ ttlSeconds: 5 });
    await held.set("/t/before", "1");
    await fillUp(store);

    await expect(store.commit([{ put: "/t/a", value: "1" }])).rejects.toMatchObject({
      code: "read-only",
      key: "/t/a",
    });
    await expect(store.commit([{ put: "/t/a", value: "1" }])).rejects.toThrow(
      "etcd is read-only because its space quota is used up",
    );
    await expect(held.set("/t/new", "1")).rejects.toMatchObject({ code: "read-only", key: "/t/new" });
    await using late = store.holdLease({ ttlSeconds: 5, onState: (state) => states.push(state) });
    await expect(late.set("/t/late", "1")).rejects.toMatchObject({ code: "read-only", key: "/t/late" });
    expect(states.at(-1)).toMatchObject({ state: "refused", error: { code: "read-only" } });

    await expect(store.get("/t/before")).resolves.toMatchObject({ record: { value: "1" } });
    await expect(store.status()).resolves.toMatchObject([{ alarms: ["NOSPACE"] }]);
    await following.relist("asked");
    expect([...follower.table.keys()]).toEqual(["/t/before"]);
    await held.remove("/t/before");
    await eventually(() => expect(follower.table.size).toBe(0));
  });
});

describe.skipIf(!realEtcd.isAvailable)("an etcd with users", { timeout: 60_000 }, () => {
  it("denies what the user may not do, naming the key; and renews tokens that ran out, for calls and for watches", async () => {
    await using etcd = await startEtcd({ auth: ROOT, args: ["--auth-token-ttl=1"] });
    await addUser(etcd, { ...SHOP, mayUse: "/t/shop/" });
    await using shop = openStore({ endpoints: etcd.endpoints, auth: SHOP });

    await expect(shop.commit([{ put: "/t/other/a", value: "1" }])).rejects.toMatchObject({
      code: "denied",
      key: "/t/other/a",
      message: "etcd denies it (permission denied): cannot write /t/other/a",
    });
    await expect(shop.get("/t/other/a")).rejects.toMatchObject({ code: "denied", key: "/t/other/a" });
    await expect(shop.list("/t/")).rejects.toMatchObject({ code: "denied", key: "/t/" });
    await using held = shop.holdLease({ ttlSeconds: 5 });
    await expect(held.set("/t/other/a", "1")).rejects.toMatchObject({ code: "denied", key: "/t/other/a" });
    await held.set("/t/shop/a", "1");

    const denied = new RecordingFollower();
    shop.follow("/t/", denied);
    await eventually(() =>
      expect(denied.statuses.at(-1)).toMatchObject({ state: "reconnecting", reason: "denied" }),
    );
    const follower = new RecordingFollower();
    shop.follow("/t/shop/", follower);
    await eventually(() => expect(follower.state).toBe("live"));

    await using idle = openStore({ endpoints: etcd.endpoints, auth: SHOP });
    await idle.get("/t/shop/a");
    await pastTokenTtl();
    await idle.commit([{ put: "/t/shop/b", value: "1" }]);
    await eventually(() => expect(follower.table.has("/t/shop/b")).toBe(true));
    // A restarted etcd knows no token at all, and the stream must be opened anew.
    const [member] = etcd.members;
    await member?.kill();
    await member?.start();
    const revision = await shop.commit([{ put: "/t/shop/c", value: "1" }]);
    await eventually(() => expect(follower.changes.at(-1)).toMatchObject({ revision }), { withinMs: 20_000 });
    expect(follower.reasons).toEqual(["start"]);
  });

  it("denies a wrong password, and answers a follower that comes with the right one", async () => {
    await using etcd = await startEtcd({ auth: ROOT });
    await using wrong = openStore({ endpoints: etcd.endpoints, auth: { ...ROOT, password: "wrong" } });
    await expect(wrong.get("/a")).rejects.toMatchObject({ code: "denied", key: "/a" });
    await expect(wrong.get("/a")).rejects.toThrow("authentication failed");
    await using nobody = openStore({ endpoints: etcd.endpoints });
    await expect(nobody.get("/a")).rejects.toMatchObject({ code: "denied" });
    await expect(nobody.get("/a")).rejects.toBeInstanceOf(StoreError);
  });
});

describe.skipIf(!realEtcd.isAvailable)("an etcd with mutual TLS", { timeout: 60_000 }, () => {
  it("serves who has a certificate, and says why it does not serve others", async () => {
    await using etcd = await startEtcd({ tls: "mutual" });
    const { ca, certificate, key } = etcd.tls ?? {};
    if (ca === undefined || certificate === undefined || key === undefined)
      throw new Error("no certificates");
    await using store = openStore({ endpoints: etcd.endpoints, tls: { ca, certificate, key } });
    const follower = new RecordingFollower();
    store.follow("/t/", follower);
    await using held = store.holdLease({ ttlSeconds: 5 });
    await held.set("/t/a", "1");
    await eventually(() => expect(follower.table.get("/t/a")).toBe("1"));
    await expect(store.status()).resolves.toMatchObject([{ isReachable: true }]);

    const strangers = [
      { tls: { certificate, key }, words: /certificate/ },
      { tls: { ca }, words: /does not answer/ },
    ];
    for (const { tls, words } of strangers) {
      await using stranger = openStore({ endpoints: etcd.endpoints, tls, callTimeoutMs: 2_000 });
      const refused = stranger.get("/t/a");
      await expect(refused).rejects.toMatchObject({ code: "unreachable" });
      await expect(refused).rejects.toThrow(words);
    }
  });
});

async function fillUp(store: Store): Promise<void> {
  await eventually(async () => {
    await expect(
      store.commit([{ put: `/full/${Math.random()}`, value: "x".repeat(500_000) }]),
    ).rejects.toMatchObject({
      code: "read-only",
    });
  });
}

async function addUser(
  etcd: EtcdCluster,
  user: { username: string; password: string; mayUse: string },
): Promise<void> {
  const client = new Etcd3({
    hosts: etcd.endpoints,
    auth: ROOT,
    grpcOptions: { "grpc.enable_http_proxy": 0 },
  });
  try {
    const role = await client.role(user.username).create();
    await role.grant({ permission: "Readwrite", range: client.range({ prefix: user.mayUse }) });
    await (await client.user(user.username).create(user.password)).addRole(role);
  } finally {
    client.close();
  }
}

// Tokens are looked after every second by etcd, so one that was not used for two is gone.
async function pastTokenTtl(): Promise<void> {
  const since = Date.now();
  await eventually(() => expect(Date.now() - since).toBeGreaterThan(3_000));
}
