import { realEtcd } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { keys, openTunnel, putInstance, putRoute, SessionApp, Stage, visit } from "./stage.ts";

const COOKIE = "__WL_ID";

describe.skipIf(!realEtcd.isAvailable)("affinity", () => {
  let stage: Stage;
  const apps: SessionApp[] = [];

  beforeAll(async () => {
    stage = await Stage.start(2);
    for (const name of ["one", "two", "three"]) apps.push(await SessionApp.start(name));
    await stage.commit([
      putRoute("router.example", [{ app: "shop" }], { affinity: { mode: "router-cookie" } }),
      putRoute("app.example", [{ app: "shop" }], {
        affinity: { mode: "app-cookie", cookies: ["JSESSIONID"] },
      }),
      ...apps.map(({ name, port }) => putInstance("shop", name, port)),
    ]);
  });

  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    for (const app of apps) await app[Symbol.asyncDispose]();
  });

  /** Who answers ten requests with these cookies, through both routers. */
  async function answersOf(host: string, cookies: Record<string, string>): Promise<Set<string>> {
    const names = new Set<string>();
    for (let count = 0; count < 10; count += 1) {
      names.add((await visit(stage.ports[count % 2] ?? 0, { host, cookies })).body);
    }
    return names;
  }

  it("by the router's cookie keeps a client to its instance, through every router, WebSockets too", async () => {
    const first = await visit(stage.port, { host: "router.example" });
    expect(first.headers["set-cookie"]?.[0]).toMatch(/^__WL_ID=[\w-]{22}; Path=\/; HttpOnly$/);
    expect(await answersOf("router.example", first.cookies)).toEqual(new Set([first.body]));
    for (const port of stage.ports) {
      for (let count = 0; count < 3; count += 1) {
        const tunnel = await openTunnel(port, "router.example", first.cookies);
        expect(tunnel.name).toBe(first.body);
        tunnel.socket.destroy();
      }
    }
    // Without a cookie nobody is kept.
    expect((await answersOf("router.example", {})).size).toBe(3);
  });

  it("by the app's cookie begins when the app sets it, with its attributes", async () => {
    const before = await visit(stage.port, { host: "app.example" });
    expect(before.headers["set-cookie"]).toBeUndefined();
    const login = await visit(stage.port, { host: "app.example", path: "/login" });
    expect(login.headers["set-cookie"]).toContainEqual(
      expect.stringMatching(/^__WL_ID=[\w-]{22}; Path=\/; SameSite=Lax; HttpOnly$/),
    );
    expect(await answersOf("app.example", login.cookies)).toEqual(new Set([login.body]));
    const tunnel = await openTunnel(stage.port, "app.example", login.cookies);
    expect(tunnel.name).toBe(login.body);
    tunnel.socket.destroy();
    // Logged out: the app's cookie is gone, and with it the reason.
    const { [COOKIE]: id = "" } = login.cookies;
    expect((await answersOf("app.example", { [COOKIE]: id })).size).toBe(3);
  });

  it("takes a forged, foreign or empty cookie for none", async () => {
    const first = await visit(stage.port, { host: "router.example" });
    const names = new Set<string>();
    for (const forged of ["one", "A".repeat(22), `${first.cookies[COOKIE]}x`, "", "127.0.0.1:80", "=;,"]) {
      const { body, cookies } = await visit(stage.port, {
        host: "router.example",
        cookies: { [COOKIE]: forged },
      });
      names.add(body);
      expect(cookies[COOKIE]).toMatch(/^[\w-]{22}$/);
    }
    expect(names.size).toBe(3);
  });

  it.each(["router.example", "app.example"])(
    "replaces an instance that is gone silently, and sets the cookie anew: %s",
    async (host) => {
      const first = await visit(stage.port, { host, path: "/login" });
      const gone = apps.find(({ name }) => name === first.body);
      await stage.commit([{ delete: keys.instance("shop", first.body) }]);
      const second = await visit(stage.port, { host, cookies: first.cookies });
      expect(second.body).not.toBe(first.body);
      expect(second.cookies[COOKIE]).not.toBe(first.cookies[COOKIE]);
      expect(await answersOf(host, second.cookies)).toEqual(new Set([second.body]));
      await stage.commit([putInstance("shop", first.body, gone?.port ?? 0)]);
      expect(await answersOf(host, second.cookies)).toEqual(new Set([second.body]));
    },
  );
});
