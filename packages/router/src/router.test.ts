import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { openStore } from "@wayleave/store";
import { ask, eventually, freePort, startDemoApp } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { admin, applied, instance, keys, route, start } from "./testing/router-world.ts";

describe.each(["http-proxy", "wire"] as const)("a router with the %s engine", (engine) => {
  it("routes a record once it is written, and what changes it, and no more once it is gone", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using blue = await startDemoApp({ name: "blue" });
    await using green = await startDemoApp({ name: "green" });
    await using router = await start(store, { engine });
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 404, failure: "unknown-route" });

    const place = keys.route("shop.example", "/");
    await applied(router, await store.commit([{ put: place, value: route("blue") }]));
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 503, failure: "no-instances" });

    const writes = [
      { put: keys.instance("blue", "1"), value: instance(blue.port) },
      { put: keys.instance("green", "1"), value: instance(green.port) },
    ];
    await applied(router, await store.commit(writes));
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 200, body: "blue" });

    await applied(router, await store.commit([{ put: place, value: route("green") }]));
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 200, body: "green" });

    await applied(router, await store.commit([{ delete: place }]));
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 404 });
  });

  it("finishes what runs before it closes, and is not ready from the first moment on", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using app = await startDemoApp({ name: "slow" });
    await store.commit([
      { put: keys.route("slow.example", "/"), value: route("slow") },
      { put: keys.instance("slow", "1"), value: instance(app.port) },
    ]);
    const router = await start(store, { engine });
    const running = ask(router.port, "slow.example", "/slow?ms=500");
    await eventually(() => expect(app.requests).toBe(1));
    const closed = router.close();
    expect(await admin(router, "/readyz")).toMatchObject({ status: 503, json: { why: "closing" } });
    expect((await admin(router, "/livez")).status).toBe(200);
    expect(await running).toMatchObject({ status: 200, body: "slow" });
    await closed;
    await expect(ask(router.port, "slow.example")).rejects.toThrow(/ECONNREFUSED/);
    expect((await store.list(keys.replicas)).records).toEqual([]);
  });
});

describe("a bad record", () => {
  it.each([
    ["not JSON", "{"],
    ["of the wrong type", '{"to":"shop"}'],
  ])("leaves the last good route in force (%s), and is named with its reason", async (_, bad) => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using app = await startDemoApp({ name: "shop" });
    const place = keys.route("shop.example", "/");
    const wrongHost = `${keys.routes}two words.example/`;
    const named = keys.instance("shop", "named");
    await store.commit([
      { put: place, value: route("shop") },
      { put: keys.instance("shop", "1"), value: instance(app.port) },
    ]);
    await using router = await start(store);
    const revision = await store.commit([
      { put: place, value: bad },
      { put: wrongHost, value: route("shop") },
      { put: named, value: '{"address":"app.internal","port":80}' },
    ]);
    await applied(router, revision);
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 200, body: "shop" });
    const { json } = await admin(router, "/api/rejected");
    expect(json).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: place, revision, inForce: revision - 1, reason: expect.any(String) }),
        expect.objectContaining({ key: wrongHost, reason: expect.stringContaining("two words") }),
        expect.objectContaining({ key: named, reason: expect.stringContaining("address") }),
      ]),
    );
    await applied(router, await store.commit([{ put: place, value: route("shop") }]));
    expect(JSON.stringify((await admin(router, "/api/rejected")).json)).not.toContain("shop.example");
  });
});

describe("an instance", () => {
  it("cannot be etcd or the router's own admin listener", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using router = await start(store);
    const revision = await store.commit([
      { put: keys.route("shop.example", "/"), value: route("shop") },
      { put: keys.instance("shop", "etcd"), value: instance(etcd.port) },
      { put: keys.instance("shop", "admin"), value: instance(router.adminPort) },
    ]);
    await applied(router, revision);
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 503, failure: "no-instances" });
    expect((await admin(router, "/api/rejected")).json).toHaveLength(2);
  });

  it("whose address another app has taken gets none of that app's requests", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using app = await startDemoApp({ name: "second tenant" });
    await store.commit([
      { put: keys.route("first.example", "/"), value: route("first") },
      { put: keys.route("second.example", "/"), value: route("second") },
      { put: keys.instance("first", "1"), value: instance(app.port) },
    ]);
    await using router = await start(store);
    const second = keys.instance("second", "1");
    await applied(router, await store.commit([{ put: second, value: instance(app.port) }]));
    expect(await ask(router.port, "first.example")).toMatchObject({ status: 503 });
    expect(await ask(router.port, "second.example")).toMatchObject({ body: "second tenant" });
    expect((await admin(router, "/api/conflicts")).json).toMatchObject([{ owner: second }]);
    await applied(router, await store.commit([{ delete: second }]));
    expect(await ask(router.port, "first.example")).toMatchObject({ status: 200 });
  });
});

describe("two routers on one etcd", () => {
  it("publish how far they came, each for itself, and not because the other does", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using one = await start(store, { id: "one" });
    await using two = await start(store, { id: "two" });
    const revision = await store.commit([{ put: keys.route("shop.example", "/"), value: route("shop") }]);
    await Promise.all([applied(one, revision), applied(two, revision)]);
    const records = await eventually(async () => {
      const listed = await store.list(keys.replicas);
      expect(listed.records.map(({ value }) => Object(JSON.parse(value)).revision)).toEqual([
        revision,
        revision,
      ]);
      return listed.records;
    });
    expect(records.map(({ key }) => key)).toEqual([keys.replica("one"), keys.replica("two")]);
    const other = await store.commit([{ put: `${keys.prefix}elsewhere`, value: "1" }]);
    const after = await store.list(keys.replicas);
    expect(after.records).toEqual(records);
    expect(other).toBe(after.revision);
  });
});

describe("a router that cannot start", () => {
  it("says so when the port of its admin listener is taken", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    const taken = { host: "127.0.0.1", port: etcd.port };
    await expect(start(store, { admin: taken })).rejects.toThrow(/EADDRINUSE/);
  });

  it("leaves nothing running when its port is taken", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    const adminPort = await freePort();
    const taken = { host: "127.0.0.1", port: etcd.port };
    await expect(
      start(store, { listen: taken, admin: { host: "127.0.0.1", port: adminPort } }),
    ).rejects.toThrow(/EADDRINUSE/);
    await eventually(() => expect(ask(adminPort, "localhost", "/livez")).rejects.toThrow(/ECONNREFUSED/));
    expect((await store.list(keys.replicas)).records).toEqual([]);
  });

  it.each([{ trustedProxies: ["somewhere"] }, { instanceCidrs: ["10.0.0.0/64"] }, { id: "with a space" }])(
    "says at once that %j makes no sense",
    async (bad) => {
      await using store = openStore({ endpoints: ["http://127.0.0.1:1"] });
      await expect(start(store, bad)).rejects.toThrow(RangeError);
    },
  );
});
