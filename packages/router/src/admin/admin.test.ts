import { request } from "node:http";

import { ask } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import type { RouterSettings } from "../router-settings.ts";
import { admin, instance, keys, route } from "../testing/router-world.ts";
import { type ShopScene, startShopScene } from "./testing/shop-scene.ts";

function startWorld(settings: Partial<RouterSettings> = {}): Promise<ShopScene> {
  return startShopScene({
    settings,
    records: [
      { put: keys.route("shop.example", "/api"), value: route("api") },
      { put: keys.route("blog.example", "/"), value: route("blog") },
      { put: keys.instance("blog", "1"), value: instance(1, { state: "draining" }) },
    ],
  });
}

function send(
  port: number,
  options: { method?: string; path: string; headers?: Record<string, string> },
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: "localhost", ...options.headers };
    const outgoing = request({ host: "127.0.0.1", port, agent: false, ...options, headers }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    outgoing.on("error", reject).end();
  });
}

describe("the admin listener", () => {
  it("tells of routes with their policy, their instances and their traffic", async () => {
    await using world = await startWorld();
    await ask(world.router.port, "shop.example");
    await ask(world.router.port, "shop.example", "/api");
    const { json } = await admin(world.router, "/api/routes?host=shop.example");
    expect(json).toEqual([
      expect.objectContaining({
        host: "shop.example",
        path: "/",
        to: [{ app: "shop" }],
        instances: { total: 1, ready: 1, failing: 0, draining: 0, suspect: 0, ejected: 0 },
        health: { level: "ok", reasons: [] },
        exchanges: { total: 1, byStatusClass: { "2xx": 1 }, failures: {} },
      }),
      expect.objectContaining({
        path: "/api",
        exchanges: { total: 1, byStatusClass: { "5xx": 1 }, failures: { "no-instances": 1 } },
      }),
    ]);
    expect((await admin(world.router, "/api/routes?app=blog")).json).toMatchObject([
      { host: "blog.example" },
    ]);
  });

  it("tells of instances and apps", async () => {
    await using world = await startWorld();
    expect((await admin(world.router, "/api/instances?app=shop")).json).toMatchObject([
      {
        app: "shop",
        id: "1",
        address: "127.0.0.1",
        port: world.app.port,
        version: "v1",
        active: 0,
        ejectedUntil: null,
        condition: "ready",
      },
    ]);
    expect((await admin(world.router, "/api/instances?app=nobody")).json).toEqual([]);
    expect((await admin(world.router, "/api/apps")).json).toMatchObject([
      { app: "blog", instances: { ready: 0, draining: 1 }, routes: 1, health: { level: "down" } },
      { app: "shop", instances: { ready: 1 }, routes: 1, health: { level: "ok" } },
      { app: "api", instances: { total: 0 }, routes: 1, health: { level: "down" } },
    ]);
  });

  it("gives the whole table at one revision", async () => {
    await using world = await startWorld();
    const { json } = await admin(world.router, "/api/table");
    expect(json).toMatchObject({
      revision: world.router.revision,
      settings: {},
      routes: { length: 3 },
      instances: { length: 2 },
    });
  });

  it("tells how the router is", async () => {
    await using world = await startWorld({ id: "one", zone: "a" });
    expect((await admin(world.router, "/api/status")).json).toMatchObject({
      id: "one",
      zone: "a",
      state: "live",
      revision: world.router.revision,
      routes: 3,
      apps: 3,
      instances: 2,
      listen: { host: "127.0.0.1", port: world.router.port },
    });
  });

  it("explains a URL, and says why it is none", async () => {
    await using world = await startWorld();
    const about = encodeURIComponent("https://shop.example/cart/../x?y=1#z");
    const { json } = await admin(world.router, `/api/explain?url=${about}&method=POST&header=Cookie:%20a=b`);
    expect(json).toMatchObject({
      explanation: { host: "shop.example", path: "/x", picked: { app: "shop", id: "1" } },
      policy: { balance: "round-robin" },
    });
    expect((await admin(world.router, "/api/explain?url=unknown.example")).json).toMatchObject({
      explanation: { failure: "unknown-route", picked: null },
    });
    for (const url of ["", "https://", "two%20words.example"]) {
      expect(await admin(world.router, `/api/explain?url=${url}`)).toMatchObject({ status: 400 });
    }
  });

  it("lets go of those who wait for a revision when it closes", async () => {
    await using world = await startWorld();
    const waiting = admin(world.router, "/api/wait?revision=1000000&timeoutMs=60000");
    await admin(world.router, "/livez");
    await world.router.close();
    expect(await waiting).toMatchObject({ status: 504 });
  });

  it("changes nothing, whatever the method, and answers problems as JSON", async () => {
    await using world = await startWorld();
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const answer = await send(world.router.adminPort, { method, path: "/api/routes" });
      expect(answer).toMatchObject({
        status: 405,
        headers: { "content-type": "application/problem+json; charset=utf-8", allow: "GET" },
      });
    }
    expect(await send(world.router.adminPort, { path: "/nope" })).toMatchObject({ status: 404 });
  });

  it("does not answer pages from elsewhere, nor names that were rebound to loopback", async () => {
    await using world = await startWorld();
    const path = "/api/status";
    const rebound = await send(world.router.adminPort, { path, headers: { host: "evil.example" } });
    expect(rebound).toMatchObject({ status: 421 });
    expect(rebound.body).not.toContain("revision");
    const foreign = await send(world.router.adminPort, { path, headers: { origin: "https://evil.example" } });
    expect(foreign).toMatchObject({ status: 403 });
  });

  it("asks for its token off loopback, but not of probes", async () => {
    await using world = await startWorld({ admin: { host: "0.0.0.0", port: 0 }, adminToken: "secret" });
    const { adminPort } = world.router;
    expect(await send(adminPort, { path: "/metrics" })).toMatchObject({
      status: 401,
      headers: { "www-authenticate": 'Bearer realm="wayleave"' },
    });
    const headers = { authorization: "Bearer secret" };
    expect(await send(adminPort, { path: "/metrics", headers })).toMatchObject({ status: 200 });
    expect(await send(adminPort, { path: "/readyz" })).toMatchObject({ status: 200 });
  });
});
