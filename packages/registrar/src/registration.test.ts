import { StoreError } from "@wayleave/store";
import { eventually } from "@wayleave/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { RegistrationState } from "./registration-state.ts";
import { KEY, type Scene, replicaAt, setScene } from "./testing/scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await setScene();
});

afterEach(async () => {
  await scene[Symbol.asyncDispose]();
});

describe("leaving", () => {
  it("says draining, then deletes", async () => {
    const { store, registrar, port } = scene;
    const states: RegistrationState[] = [];
    const registration = await registrar.register({
      app: "shop",
      id: "web-1",
      port,
      onState: (state) => states.push(state),
    });
    await registration.leave();
    expect(
      store.history.map(({ puts, deletes }) => [puts.map(({ value }) => JSON.parse(value).state), deletes]),
    ).toEqual([
      [["ready"], []],
      [["draining"], []],
      [[], [KEY]],
    ]);
    expect(states.map(({ state }) => state)).toEqual(["registered", "draining", "left"]);
  });

  it("holds the delete back until a replica that lags has applied the draining", async () => {
    const { store, registrar, port, stateAt } = scene;
    store.put("/wayleave/replicas/a", replicaAt(1));
    const registration = await registrar.register({ app: "shop", id: "web-1", port, leaveTimeoutMs: 60_000 });
    const leaving = registration.leave();
    await eventually(() => expect(stateAt(KEY)).toBe("draining"));
    await eventually(() => expect(store.following).toBe(1));
    store.put("/wayleave/replicas/a", replicaAt(store.revision));
    await leaving;
    expect(store.records.has(KEY)).toBe(false);
  });

  it("deletes although a replica lags, once the bound has passed", async () => {
    const { store, registrar, port } = scene;
    store.put("/wayleave/replicas/a", replicaAt(1));
    const registration = await registrar.register({ app: "shop", id: "web-1", port, leaveTimeoutMs: 20 });
    await registration.leave();
    expect(store.records.has(KEY)).toBe(false);
  });

  it("cuts the barrier short by its signal", async () => {
    const { store, registrar, port } = scene;
    store.put("/wayleave/replicas/a", replicaAt(1));
    const hurry = new AbortController();
    const registration = await registrar.register({ app: "shop", id: "web-1", port, leaveTimeoutMs: 60_000 });
    const leaving = registration.leave({ signal: hurry.signal });
    hurry.abort();
    await leaving;
    expect(store.records.has(KEY)).toBe(false);
  });

  it("does not reject when etcd is gone", async () => {
    const { store, registrar, port, events } = scene;
    const registration = await registrar.register({ app: "shop", id: "web-1", port, leaveTimeoutMs: 20 });
    store.failure = new StoreError("unreachable", "no etcd");
    await expect(registration.leave()).resolves.toBeUndefined();
    expect(registration.state).toEqual({ state: "left" });
    expect(events).toContain("record-left-to-its-lease");
  });
});

describe("an instance without a health check", () => {
  const health = { intervalMs: 2, unhealthyAfter: 2, healthyAfter: 2 };

  it("is taken out when its port refuses, after draining, and comes back when it accepts again", async () => {
    const { registrar, port, stateAt, store } = scene;
    const registration = await registrar.register({ app: "shop", id: "web-1", port, health });
    expect(stateAt(KEY)).toBe("ready");
    await scene.closePort();
    await eventually(() => expect(stateAt(KEY)).toBeUndefined());
    expect(registration.state).toEqual({
      state: "unhealthy",
      reason: `127.0.0.1:${port} refuses connections`,
    });
    expect(store.history.flatMap(({ puts }) => puts).map(({ value }) => JSON.parse(value).state)).toEqual([
      "ready",
      "draining",
    ]);
    await scene.openPort();
    await eventually(() => expect(stateAt(KEY)).toBe("ready"));
  });
});

describe("an instance with a health check", () => {
  const health = { path: "/health", intervalMs: 2, timeoutMs: 5_000, unhealthyAfter: 2, healthyAfter: 2 };

  it("is registered once the check passes", async () => {
    const { store, registrar, port, app, stateAt } = scene;
    app.status = 503;
    const registering = registrar.register({ app: "shop", id: "web-1", port, health });
    expect(store.history).toHaveLength(0);
    app.status = 200;
    await registering;
    expect(stateAt(KEY)).toBe("ready");
  });

  it("is not registered when the check does not pass in time", async () => {
    const { store, registrar, port, app } = scene;
    app.status = 503;
    const registering = registrar.register({ app: "shop", port, health, readyTimeoutMs: 20 });
    await expect(registering).rejects.toThrow("GET /health answered 503");
    expect(store.history).toHaveLength(0);
  });

  it("goes when the check fails and comes back under the same key", async () => {
    const { store, registrar, port, app, stateAt } = scene;
    const registration = await registrar.register({ app: "shop", id: "web-1", port, health });
    app.status = 503;
    await eventually(() => expect(store.records.has(KEY)).toBe(false));
    expect(registration.state).toEqual({ state: "unhealthy", reason: "GET /health answered 503" });
    app.status = 204;
    await eventually(() => expect(stateAt(KEY)).toBe("ready"));
    await eventually(() => expect(registration.state).toEqual({ state: "registered" }));
  });

  it("says draining before it goes, so that nobody takes it for a crash", async () => {
    const { store, registrar, port, app } = scene;
    await registrar.register({ app: "shop", id: "web-1", port, health });
    app.status = 503;
    await eventually(() => expect(store.records.has(KEY)).toBe(false));
    expect(store.history.flatMap(({ puts }) => puts.map(({ value }) => JSON.parse(value).state))).toEqual([
      "ready",
      "draining",
    ]);
  });

  it("leaves without a word when it is out already", async () => {
    const { store, registrar, port, app } = scene;
    const registration = await registrar.register({ app: "shop", id: "web-1", port, health });
    app.status = 503;
    await eventually(() => expect(store.records.has(KEY)).toBe(false));
    const writes = store.history.length;
    await registration.leave();
    expect(store.history).toHaveLength(writes);
  });

  it("goes once etcd is back when it was away at the time", async () => {
    const { store, registrar, port, app, stateAt } = scene;
    await registrar.register({ app: "shop", id: "web-1", port, health });
    store.failure = new StoreError("unreachable", "no etcd");
    app.status = 503;
    await eventually(() => expect(store.leases[0]?.sets).toBe(2));
    expect(stateAt(KEY)).toBe("ready");
    store.failure = undefined;
    await eventually(() => expect(store.records.has(KEY)).toBe(false));
  });
});
