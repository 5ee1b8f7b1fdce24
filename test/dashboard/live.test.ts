// The page stays true: many tabs, an etcd that goes and comes, a router that is started again, instances that die.

import { openStore } from "@wayleave/store";
import { eventually, freePort, realEtcd, startDemoApp, startEtcd, startLoad } from "@wayleave/testkit";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startReplica } from "../cluster.ts";
import { isBrowserThere, newContext, openPage, startBrowser } from "./browser.ts";
import { put, startStage } from "./stage.ts";

const TABS = ["", "routes", "route?host=shop.example&path=/", "apps", "instances", "events", "replicas"];

describe.skipIf(!isBrowserThere())("open tabs of the dashboard", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it.skipIf(!realEtcd.isAvailable)(
    "all seven stay live, and say that etcd is gone and that it is back",
    async () => {
      await using etcd = await startEtcd();
      await using store = openStore({ endpoints: etcd.endpoints });
      await put(store, { "routes/shop.example/": { to: [{ app: "shop" }] } });
      await using router = await startReplica(etcd.endpoints);
      const context = await newContext(browser);
      const tabs = [];
      for (const view of TABS) tabs.push((await openPage(context, `${router.admin}/dashboard/${view}`)).page);
      await everyTab(tabs, (page) => state(page, "live"));

      await put(store, { "routes/blog.example/": { to: [{ app: "blog" }] } });
      await everyTab(tabs, (page) => page.locator("nav a", { hasText: "Routes" }).getByText("2").waitFor());
      // A browser opens six connections to a host: were they taken, this would wait for ever.
      expect(await tabs.at(-1)?.evaluate(async () => (await fetch("/api/status")).status)).toBe(200);

      await Promise.all(etcd.members.map((member) => member.stop()));
      await everyTab(tabs, async (page) => {
        await state(page, "last known table");
        await page.getByText("The router is serving the last known table").waitFor();
      });
      await tabs.shift()?.close();
      await Promise.all(etcd.members.map((member) => member.start()));
      await everyTab(tabs, (page) => state(page, "live"));
      await put(store, { "routes/news.example/": { to: [{ app: "news" }] } });
      await everyTab(tabs, (page) => page.locator("nav a", { hasText: "Routes" }).getByText("3").waitFor());
      await context.close();
    },
    120_000,
  );

  it("say on home, list and page of a route when all instances of its app are down", async () => {
    await using stage = await startStage();
    const context = await newContext(browser);
    const views = ["", "routes", "route?host=shop.example&path=/", "apps", "app?app=shop"];
    const tabs = await Promise.all(views.map(async (view) => (await openPage(context, stage.at(view))).page));
    const load = startLoad({ ports: [stage.router.port], host: "shop.example", concurrency: 4, pauseMs: 10 });
    await everyTab(tabs, (page) => page.getByText("shop").first().waitFor());

    const killedAt = performance.now();
    await Promise.all(stage.instances.map((instance) => instance.close()));
    const says = [
      (page: Page) => page.locator(".reasons a", { hasText: "shop.example/" }).first(),
      (page: Page) =>
        page.locator("tr.spacer + tr, tr", { hasText: "shop.example/" }).filter({ hasText: "down" }).first(),
      (page: Page) => page.locator(".title-line .mark", { hasText: "down" }),
      (page: Page) => page.locator("tr", { hasText: "shop" }).filter({ hasText: "down" }).first(),
      (page: Page) => page.locator(".title-line .mark", { hasText: "down" }),
    ];
    const times = await Promise.all(
      tabs.map(async (page, at) => {
        await says[at]?.(page).waitFor();
        return Math.round(performance.now() - killedAt);
      }),
    );
    console.log(
      `all instances down: said after ${views.map((view, at) => `${view || "home"} ${times[at]} ms`).join(", ")}`,
    );
    await load.stop();
    await context.close();
    expect(times).toHaveLength(views.length);
  }, 60_000);

  it("find a router again that was started anew, and say meanwhile that nothing is heard of it", async () => {
    const app = await startDemoApp({ name: "shop" });
    await using stage = await startStage();
    const port = await freePort();
    const flags = ["--admin", `127.0.0.1:${port}`];
    const first = await startReplica([stage.etcd.endpoint], flags);
    const context = await newContext(browser);
    const { page } = await openPage(context, `${first.admin}/dashboard/routes`);
    await state(page, "live");
    first.command.kill("SIGKILL");
    await page.getByText("No word from this router").waitFor();
    await put(stage.store, { "routes/new.example/": { to: [{ app: "shop" }] } });
    await using second = await startReplica([stage.etcd.endpoint], flags);
    await state(page, "live");
    await page.getByRole("link", { name: "new.example/" }).waitFor();
    expect(second.admin).toBe(first.admin);
    await eventually(async () => expect(await page.getByText("No word from this router").count()).toBe(0));
    await context.close();
    await app.close();
  }, 60_000);
});

async function everyTab(tabs: readonly Page[], check: (page: Page) => Promise<unknown>): Promise<void> {
  await Promise.all(tabs.map(check));
}

/** Waits until the header says so. */
function state(page: Page, word: string): Promise<void> {
  return page.locator(".top-state", { hasText: word }).waitFor();
}
