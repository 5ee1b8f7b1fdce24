import { type DemoApp, eventually, realEtcd, startDemoApp, startLoad } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { putInstance, putRoute, Stage } from "./stage.ts";

const REQUESTS = 10_000;

describe.skipIf(!realEtcd.isAvailable)("two versions of an app", () => {
  let stage: Stage;
  const apps: DemoApp[] = [];

  beforeAll(async () => {
    stage = await Stage.start(2);
    for (const name of ["v1-a", "v1-b", "v2-a"]) apps.push(await startDemoApp({ name }));
    await stage.commit([
      putRoute("shop.example", [{ app: "shop", version: "v1" }]),
      ...apps.map(({ name, port }) => putInstance("shop", name, port, { version: name.slice(0, 2) })),
    ]);
  });

  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    for (const app of apps) await app.close();
  });

  it("share a route 90 to 10 within 1 % over 10,000 requests", { timeout: 120_000 }, async () => {
    const to = ["--to", "shop@v2=10", "--to", "shop@v1=90"];
    await stage.run("routes", "set", "shop.example", ...to, "--wait");
    const load = startLoad({ ports: [stage.port], host: "shop.example", concurrency: 16 });
    await eventually(() => expect(load.result().total).toBeGreaterThanOrEqual(REQUESTS), {
      withinMs: 90_000,
    });
    const { byBody, byStatus, errors, total } = await load.stop();
    expect([errors, Object.keys(byStatus)]).toEqual([[], ["200"]]);
    expect(Math.abs((byBody["v2-a"] ?? 0) / total - 0.1)).toBeLessThan(0.01);
    // The instances of one version share its part.
    expect(Math.abs((byBody["v1-a"] ?? 0) / total - 0.45)).toBeLessThan(0.01);
  });

  it("are switched under load: nothing fails, and behind the barrier nobody reaches the old one", async () => {
    await stage.run("routes", "set", "shop.example", "--to", "shop@v1", "--wait");
    const load = startLoad({ ports: stage.ports, host: "shop.example" });
    for (const [version, other] of [
      ["v2", "v1"],
      ["v1", "v2"],
      ["v2", "v1"],
    ] as const) {
      const before = load.result().total;
      await eventually(() => expect(load.result().total).toBeGreaterThan(before + 200));
      await stage.run("switch", "shop.example", "--to", `shop@${version}`, "--wait");
      // Every request that begins from here on, through either router.
      const after = startLoad({ ports: stage.ports, host: "shop.example" });
      await eventually(() => expect(after.result().total).toBeGreaterThan(500), { withinMs: 20_000 });
      const seen = await after.stop();
      expect(Object.keys(seen.byBody).filter((name) => name.startsWith(other))).toEqual([]);
      expect([seen.errors, Object.keys(seen.byStatus)]).toEqual([[], ["200"]]);
    }
    const { errors, byStatus } = await load.stop();
    expect([errors, Object.keys(byStatus)]).toEqual([[], ["200"]]);
  });
});
