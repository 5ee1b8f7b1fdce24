import { createServer } from "node:net";

import { type Store, openStore } from "@wayleave/store";
import { type EtcdCluster, eventually, realEtcd, startEtcd } from "@wayleave/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { InstanceOptions } from "./instance-options.ts";
import { type Registrar, openRegistrar } from "./registrar.ts";
import { ETCDS, type TestEtcd } from "./testing/etcds.ts";
import { EtcdGateway } from "./testing/etcd-gateway.ts";
import { listen } from "./testing/listen.ts";

const KEY = "/wayleave/table/instances/shop/web-1";

const app = createServer((socket) => socket.destroy());
let port: number;
let instance: InstanceOptions;

beforeAll(async () => {
  port = await listen(app);
  instance = { app: "shop", id: "web-1", port, clashTimeoutMs: 0, leaveTimeoutMs: 1_000 };
});

afterAll(() => {
  app.close();
});

describe.each(ETCDS)("two registrars on $name", ({ start }) => {
  let etcd: TestEtcd;
  let store: Store;
  let registrars: Registrar[];

  beforeAll(async () => {
    etcd = await start();
    store = openStore({ endpoints: etcd.endpoints });
  });

  beforeEach(() => {
    registrars = [0, 1].map(() => openRegistrar({ store, environment: {}, ttlSeconds: 2 }));
  });

  afterEach(async () => {
    await Promise.all(registrars.map((registrar) => registrar.close()));
  });

  afterAll(async () => {
    await store.close();
    await etcd.close();
  });

  function addresses(options: Partial<InstanceOptions> = {}) {
    return registrars.map((registrar, index) =>
      registrar.register({ ...instance, address: `10.0.0.${index}`, checkAddress: "127.0.0.1", ...options }),
    );
  }

  it("cannot both have one id, however close together they come", async () => {
    const outcomes = await Promise.allSettled(addresses());
    const [refused, ...others] = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused?.reason).toMatchObject({ code: "id-clash", key: KEY });
    expect(others).toEqual([]);
    const winner = outcomes.findIndex((outcome) => outcome.status === "fulfilled");
    expect(JSON.parse((await store.get(KEY)).record?.value ?? "")).toMatchObject({
      address: `10.0.0.${winner}`,
    });
  });

  it("hand an id over when the first is gone without a word", async () => {
    const [first, second] = registrars;
    await first?.register(instance);
    first?.destroy();
    const registration = await second?.register({
      ...instance,
      address: "127.0.0.2",
      clashTimeoutMs: 60_000,
      checkAddress: "127.0.0.1",
    });
    expect(registration?.key).toBe(KEY);
    expect(JSON.parse((await store.get(KEY)).record?.value ?? "")).toMatchObject({ address: "127.0.0.2" });
  });

  it("replace at once what was left behind on the same port", async () => {
    const [first, second] = registrars;
    await first?.register(instance);
    first?.destroy();
    await second?.register(instance);
    expect((await store.get(KEY)).record?.lease).not.toBe("0");
  });

  it("hold two instances under one lease", async () => {
    const [registrar] = registrars;
    await Promise.all([registrar?.register(instance), registrar?.register({ ...instance, id: "web-2" })]);
    const { records } = await store.list("/");
    expect(records).toHaveLength(2);
    expect(new Set(records.map(({ lease }) => lease)).size).toBe(1);
    await registrar?.close();
    expect((await store.list("/")).records).toEqual([]);
  });
});

describe.skipIf(!realEtcd.isAvailable)("a registrar on a real etcd", () => {
  let etcd: EtcdCluster;
  let store: Store;
  let registrar: Registrar;

  beforeEach(async () => {
    etcd = await startEtcd();
    store = openStore({ endpoints: etcd.endpoints, callTimeoutMs: 1_000 });
    registrar = openRegistrar({ store, environment: {}, ttlSeconds: 5 });
  });

  afterEach(async () => {
    await registrar.close({ drain: false });
    await store.close();
    await etcd.close();
  });

  async function lease(): Promise<string | undefined> {
    return (await store.get(KEY)).record?.lease;
  }

  function member() {
    const [first] = etcd.members;
    if (first === undefined) throw new Error("etcd has no member");
    return first;
  }

  it("is back under the same key when its lease was revoked", async () => {
    const states: string[] = [];
    await registrar.register({ ...instance, onState: ({ state }) => states.push(state) });
    const before = await lease();
    await new EtcdGateway(member().endpoint).revoke(before ?? "");
    await eventually(async () => {
      expect(await lease()).toBeDefined();
      expect(await lease()).not.toBe(before);
    });
    await eventually(() => expect(states).toEqual(["registered", "lease-lost", "registered"]));
  });

  it("stays registered through a restart of etcd", async () => {
    const registration = await registrar.register(instance);
    await member().kill();
    await member().start();
    await eventually(async () => expect(await lease()).toBeDefined());
    await eventually(() => expect(registration.state).toEqual({ state: "registered" }));
    await registration.leave();
    expect(await lease()).toBeUndefined();
  });

  it("registers again in an etcd that lost everything", async () => {
    await registrar.register(instance);
    await member().kill();
    await member().wipe();
    await member().start();
    await eventually(async () => expect(await lease()).toBeDefined(), { withinMs: 20_000 });
  });

  it("waits for an etcd that is not there yet", async () => {
    await member().stop();
    const registering = registrar.register(instance);
    await member().start();
    await registering;
    expect(await lease()).toBeDefined();
  });

  it("leaves in time although etcd is gone", async () => {
    const registration = await registrar.register(instance);
    await member().stop();
    await registration.leave();
    expect(registration.state).toEqual({ state: "left" });
  });
});

describe.skipIf(!realEtcd.isAvailable)("a registrar that a real etcd refuses", () => {
  it("names the key when etcd is full", async () => {
    await using etcd = await startEtcd({ args: ["--quota-backend-bytes=4194304"] });
    await new EtcdGateway(etcd.endpoints[0] ?? "").fill();
    await using store = openStore({ endpoints: etcd.endpoints });
    await using registrar = openRegistrar({ store, environment: {} });
    await expect(registrar.register(instance)).rejects.toMatchObject({
      code: "refused",
      key: KEY,
      message: expect.stringContaining(KEY),
    });
  });

  it("names the key when its user may not write it, and needs to write no other app's", async () => {
    const auth = { username: "root", password: "secret" };
    await using etcd = await startEtcd({ auth });
    const gateway = new EtcdGateway(etcd.endpoints[0] ?? "");
    await gateway.logIn(auth.username, auth.password);
    await gateway.addUser("mail", "secret", [
      { prefix: "/wayleave/table/instances/mail/", type: "READWRITE" },
      { prefix: "/wayleave/replicas/", type: "READ" },
    ]);
    await using store = openStore({
      endpoints: etcd.endpoints,
      auth: { username: "mail", password: "secret" },
    });
    await using registrar = openRegistrar({ store, environment: {} });
    await expect(registrar.register(instance)).rejects.toMatchObject({
      code: "refused",
      key: KEY,
      message: expect.stringContaining(KEY),
    });
    const registration = await registrar.register({ ...instance, app: "mail" });
    await registration.leave();
    expect((await store.get(registration.key)).record).toBeUndefined();
  });
});
