import { createServer } from "node:http";

import { StoreError } from "@wayleave/store";
import { eventually } from "@wayleave/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { pickFreePort } from "./free-port.ts";
import { register } from "./register.ts";
import { listen } from "./testing/listen.ts";
import { KEY, type Scene, setScene } from "./testing/scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await setScene();
});

afterEach(async () => {
  await scene[Symbol.asyncDispose]();
});

describe("a registrar", () => {
  it("puts the instance under its lease, with the address that reaches etcd", async () => {
    const { store, registrar, port } = scene;
    const registration = await registrar.register({ app: "shop", id: "web-1", port, zone: "a" });
    expect(registration).toMatchObject({
      app: "shop",
      id: "web-1",
      key: KEY,
      state: { state: "registered" },
    });
    expect(store.records.get(KEY)?.lease).toBe("77");
    expect(JSON.parse(store.records.get(KEY)?.value ?? "")).toEqual({
      address: "127.0.0.1",
      port,
      protocol: "http",
      zone: "a",
      state: "ready",
    });
    expect(store.leases[0]?.ttlSeconds).toBe(15);
  });

  it("holds one lease for all its instances", async () => {
    const { store, registrar, port } = scene;
    await Promise.all([
      registrar.register({ app: "shop", port }),
      registrar.register({ app: "shop", port }),
      registrar.register({ app: "mail", port }),
    ]);
    expect(store.records.size).toBe(3);
    expect(store.leases).toHaveLength(1);
  });

  it("writes nothing of an instance that is invalid", async () => {
    const { store, registrar, port } = scene;
    await expect(registrar.register({ app: "shop/eu", port })).rejects.toMatchObject({ code: "invalid" });
    expect(store.leases).toHaveLength(0);
    expect(store.history).toHaveLength(0);
  });

  it("writes nothing before the port accepts", async () => {
    const { store, registrar, stateAt } = scene;
    const late = createServer();
    const latePort = await pickFreePort();
    const registering = registrar.register({ app: "shop", id: "web-1", port: latePort });
    expect(store.history).toHaveLength(0);
    await listen(late, latePort);
    await registering;
    expect(stateAt(KEY)).toBe("ready");
    late.close();
  });

  it("gives up on a port that never accepts", async () => {
    const { store, registrar } = scene;
    const unused = await pickFreePort();
    const registering = registrar.register({ app: "shop", port: unused, readyTimeoutMs: 20 });
    await expect(registering).rejects.toMatchObject({ code: "not-ready" });
    expect(store.history).toHaveLength(0);
  });

  it("does not wait for the port when it is told not to", async () => {
    const { registrar, stateAt } = scene;
    const unused = await pickFreePort();
    await registrar.register({ app: "shop", id: "web-1", port: unused, ready: false });
    expect(stateAt(KEY)).toBe("ready");
  });

  it("takes every instance out when it closes, and gives the lease back", async () => {
    const { store, registrar, port } = scene;
    await registrar.register({ app: "shop", id: "web-1", port });
    await registrar.register({ app: "shop", id: "web-2", port });
    await registrar.close();
    expect(store.records.size).toBe(0);
    expect(store.leases[0]?.isClosed).toBe(true);
    await expect(registrar.register({ app: "shop", port })).rejects.toMatchObject({ code: "aborted" });
  });

  it("leaves the records to the lease when it is destroyed", async () => {
    const { store, registrar, port, stateAt } = scene;
    const registration = await registrar.register({ app: "shop", id: "web-1", port });
    registrar.destroy();
    await registration.leave();
    expect(stateAt(KEY)).toBe("ready");
    expect(store.leases[0]).toMatchObject({ isClosed: false, isDestroyed: true });
  });

  it("writes nothing for an instance that is to leave before it came", async () => {
    const { store, registrar, port } = scene;
    const registering = registrar.register({ app: "shop", port, address: "127.0.0.1", ready: false });
    const closing = registrar.close();
    await expect(registering).rejects.toMatchObject({ code: "aborted" });
    await closing;
    expect(store.history).toHaveLength(0);
    expect(store.leases[0]?.sets).toBe(0);
  });

  it("ends a registration under way when it closes", async () => {
    const { store, registrar } = scene;
    const registering = registrar.register({ app: "shop", port: await pickFreePort() });
    await Promise.all([expect(registering).rejects.toMatchObject({ code: "aborted" }), registrar.close()]);
    expect(store.history).toHaveLength(0);
  });
});

describe("an etcd that is not there", () => {
  it("is waited for, and named once", async () => {
    const { store, registrar, port, events, stateAt } = scene;
    store.failure = new StoreError("unreachable", "no etcd");
    let isAnswered = false;
    const registering = registrar
      .register({ app: "shop", id: "web-1", port })
      .then(() => (isAnswered = true));
    await eventually(() => expect(events).toContain("etcd-unreachable"));
    expect(isAnswered).toBe(false);
    store.failure = undefined;
    await registering;
    expect(stateAt(KEY)).toBe("ready");
    expect(events.filter((event) => event === "etcd-unreachable")).toHaveLength(1);
  });

  it("is waited for until the signal says otherwise", async () => {
    const { store, registrar, port } = scene;
    store.failure = new StoreError("unreachable", "no etcd");
    const registering = registrar.register({ app: "shop", port, signal: AbortSignal.timeout(20) });
    await expect(registering).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("an etcd that refuses", () => {
  it.each(["denied", "read-only", "too-large"] as const)(
    "is an error that names the key: %s",
    async (code) => {
      const { store, registrar, port } = scene;
      store.failure = new StoreError(code, `etcd says ${code}`);
      const registering = registrar.register({ app: "shop", id: "web-1", port, address: "127.0.0.1" });
      await expect(registering).rejects.toMatchObject({
        code: "refused",
        key: KEY,
        message: `etcd refuses ${KEY}: etcd says ${code}`,
      });
    },
  );

  it("is told as a state while the instance runs", async () => {
    const { store, registrar, port } = scene;
    const registration = await registrar.register({ app: "shop", id: "web-1", port });
    const error = new StoreError("read-only", "etcd is full");
    store.leases[0]?.refuse(error);
    expect(registration.state).toEqual({ state: "refused", error });
    store.leases[0]?.hold();
    expect(registration.state).toEqual({ state: "registered" });
  });
});

describe("a lease that is lost", () => {
  it("comes back with the same key", async () => {
    const { store, registrar, port, stateAt } = scene;
    const registration = await registrar.register({ app: "shop", id: "web-1", port });
    store.leases[0]?.lose();
    expect(registration.state).toEqual({ state: "lease-lost", reason: "expired" });
    store.leases[0]?.hold();
    expect(registration.state).toEqual({ state: "registered" });
    expect(stateAt(KEY)).toBe("ready");
  });
});

describe("a key that somebody holds", () => {
  const other = JSON.stringify({ address: "10.0.0.9", port: 80 });

  it("is a clash when its holder lives on", async () => {
    const { store, registrar, port } = scene;
    store.put(KEY, other, "12");
    const registering = registrar.register({ app: "shop", id: "web-1", port, clashTimeoutMs: 20 });
    await expect(registering).rejects.toMatchObject({
      code: "id-clash",
      key: KEY,
      message: `${KEY} is held by 10.0.0.9:80 under a lease: give this instance an id of its own`,
    });
    expect(store.records.get(KEY)?.value).toBe(other);
  });

  it("is ours when its lease runs out in time", async () => {
    const { store, registrar, port } = scene;
    store.put(KEY, other, "12");
    const registering = registrar.register({ app: "shop", id: "web-1", port });
    await eventually(() => expect(store.leases[0]?.sets).toBeGreaterThan(0));
    store.delete(KEY);
    await registering;
    expect(store.records.get(KEY)?.lease).toBe("77");
  });

  it("is ours at once when it is what we left behind", async () => {
    const { store, registrar, port } = scene;
    store.put(KEY, JSON.stringify({ address: "127.0.0.1", port }), "12");
    await registrar.register({ app: "shop", id: "web-1", port });
    expect(store.records.get(KEY)?.lease).toBe("77");
  });

  it("is never that of a static instance", async () => {
    const { store, registrar, port } = scene;
    const fixed = JSON.stringify({ address: "127.0.0.1", port });
    store.put(KEY, fixed);
    const registering = registrar.register({ app: "shop", id: "web-1", port });
    await expect(registering).rejects.toThrow("as a static instance");
    expect(store.records.get(KEY)?.value).toBe(fixed);
  });
});

describe("register", () => {
  it("gives its lease back when its one instance leaves", async () => {
    const { store, port, stateAt } = scene;
    const registration = await register({ store, app: "shop", id: "web-1", port });
    expect(stateAt(KEY)).toBe("ready");
    await registration.leave();
    expect(store.records.size).toBe(0);
    expect(store.leases[0]?.isClosed).toBe(true);
  });

  it("gives its lease back when it fails", async () => {
    const { store } = scene;
    const unused = await pickFreePort();
    await expect(register({ store, app: "shop", port: unused, readyTimeoutMs: 20 })).rejects.toThrow(
      "accepted no connection",
    );
    expect(store.leases[0]?.isClosed).toBe(true);
  });
});
