import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { openStore } from "@wayleave/store";
import { ask, eventually, freePort, realEtcd, startDemoApp, startEtcd, startLink } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { admin, applied, instance, keys, route, start } from "./testing/router-world.ts";

describe("without etcd", () => {
  it("goes on with the last table, stays ready, and follows again when etcd is back", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using link = await startLink({ host: "127.0.0.1", port: etcd.port });
    await using direct = openStore({ endpoints: [etcd.endpoint] });
    await using store = openStore({ endpoints: [`http://127.0.0.1:${link.port}`], callTimeoutMs: 1_000 });
    await using app = await startDemoApp({ name: "shop" });
    await direct.commit([
      { put: keys.route("shop.example", "/"), value: route("shop") },
      { put: keys.instance("shop", "1"), value: instance(app.port) },
    ]);
    await using router = await start(store);
    link.refuse();
    link.cut();
    await eventually(async () => {
      expect((await admin(router, "/readyz")).json).toMatchObject({ ready: true, state: "reconnecting" });
    });
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 200, body: "shop" });
    const written = await direct.commit([{ put: keys.route("new.example", "/"), value: route("shop") }]);
    expect(await ask(router.port, "new.example")).toMatchObject({ status: 404 });
    link.heal();
    await eventually(async () => expect((await ask(router.port, "new.example")).status).toBe(200));
    expect(router.revision).toBeGreaterThanOrEqual(written);
  });

  it("answers probes and takes no requests before it has a table, and gives up when it is told to", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using link = await startLink({ host: "127.0.0.1", port: etcd.port });
    link.refuse();
    await using store = openStore({ endpoints: [`http://127.0.0.1:${link.port}`], callTimeoutMs: 1_000 });
    const giveUp = new AbortController();
    const adminPort = await freePort();
    const starting = start(store, { admin: { host: "127.0.0.1", port: adminPort }, signal: giveUp.signal });
    const outcome = starting.catch((error: unknown) => error);
    await eventually(async () => {
      const ready = await admin({ adminPort }, "/readyz");
      expect(ready).toMatchObject({ status: 503, json: { ready: false, why: "waiting for etcd" } });
    });
    expect((await admin({ adminPort }, "/livez")).status).toBe(200);
    giveUp.abort(new Error("told to"));
    expect(await outcome).toMatchObject({ message: "told to" });
    await eventually(() => expect(ask(adminPort, "localhost", "/livez")).rejects.toThrow(/ECONNREFUSED/));
  });

  it("starts from the saved table, and says so", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "wayleave-router-"));
    await using app = await startDemoApp({ name: "shop" });
    await using etcd = await startEmbeddedEtcd();
    await using link = await startLink({ host: "127.0.0.1", port: etcd.port });
    await using direct = openStore({ endpoints: [etcd.endpoint] });
    await using store = openStore({ endpoints: [`http://127.0.0.1:${link.port}`], callTimeoutMs: 1_000 });
    await direct.commit([
      { put: keys.route("shop.example", "/"), value: route("shop") },
      { put: keys.instance("shop", "1"), value: instance(app.port) },
    ]);
    await (await start(store, { stateDir })).close();
    link.refuse();
    link.cut();
    await using router = await start(store, { stateDir });
    expect((await admin(router, "/readyz")).json).toMatchObject({ ready: true, state: "from-disk" });
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 200, body: "shop" });
    link.heal();
    await eventually(async () =>
      expect((await admin(router, "/readyz")).json).toMatchObject({ state: "live" }),
    );
    await rm(stateDir, { recursive: true });
  });
});

describe.skipIf(!realEtcd.isAvailable)("a router on a real etcd", () => {
  it("routes what is written, through a restart of etcd", async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    await using app = await startDemoApp({ name: "shop" });
    await using router = await start(store);
    const writes = [
      { put: keys.route("shop.example", "/"), value: route("shop") },
      { put: keys.instance("shop", "1"), value: instance(app.port) },
    ];
    await applied(router, await store.commit(writes));
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 200, body: "shop" });
    const [member] = etcd.members;
    await member?.stop();
    await eventually(async () =>
      expect((await admin(router, "/readyz")).json).toMatchObject({ state: "reconnecting" }),
    );
    expect(await ask(router.port, "shop.example")).toMatchObject({ status: 200, body: "shop" });
    await member?.start();
    const revision = await eventually(() =>
      store.commit([{ put: keys.route("new.example", "/"), value: route("shop") }]),
    );
    await applied(router, revision);
    expect(await ask(router.port, "new.example")).toMatchObject({ status: 200, body: "shop" });
    await eventually(async () => {
      const [replica] = (await store.list(keys.replicas)).records;
      expect(Object(JSON.parse(replica?.value ?? "{}")).revision).toBe(revision);
    });
  });

  it(
    "keeps the table of an etcd that was wiped for a while, then believes it",
    { timeout: 60_000 },
    async () => {
      await using etcd = await startEtcd();
      await using store = openStore({ endpoints: etcd.endpoints });
      await using app = await startDemoApp({ name: "shop" });
      await using router = await start(store);
      const hosts = Array.from({ length: 12 }, (_, index) => `h${index}.example`);
      const revision = await store.commit([
        { put: keys.settings, value: '{"shrinkHoldMs":4000}' },
        { put: keys.instance("shop", "1"), value: instance(app.port) },
        ...hosts.map((host) => ({ put: keys.route(host, "/"), value: route("shop") })),
      ]);
      await applied(router, revision);
      const [member] = etcd.members;
      await member?.stop();
      await member?.wipe();
      await member?.start();
      await eventually(async () => {
        expect((await admin(router, "/api/status")).json).toMatchObject({ hold: { removals: 14 } });
      });
      expect(await ask(router.port, "h3.example")).toMatchObject({ status: 200, body: "shop" });
      const back = await eventually(() =>
        store.commit([{ put: keys.route("h3.example", "/"), value: route("shop") }]),
      );
      await eventually(async () => expect((await ask(router.port, "h4.example")).status).toBe(404));
      expect((await admin(router, "/api/status")).json).toMatchObject({
        hold: null,
        routes: 1,
        instances: 0,
      });
      expect(router.revision).toBeGreaterThanOrEqual(back);
    },
  );
});
