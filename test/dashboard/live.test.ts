// The page stays true: many tabs, an etcd that goes and comes, a router that is started again, instances that die.

import { openStore } from "@wayleave/store";
import { eventually, freePort, realEtcd, startDemoApp, startEtcd } from "@wayleave/testkit";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startReplica } from "../cluster.ts";
import { isBrowserThere, newContext, openPage, startBrowser } from "./browser.ts";
import { type Stage, load, put, startStage } from "./stage.ts";

const TABS = ["", "routes", "route?host=shop.example&path=/", "apps", "instances", "events", "replicas"];

/** What each view shows once the app `shop` is down. */
const SAYS_DOWN: Readonly<Record<string, (page: Page) => Locator>> = {
  "": (page) => page.locator(".reasons").getByRole("link", { name: "shop.example/", exact: true }),
  routes: (page) => downRow(page, "shop.example/"),
  "route?host=shop.example&path=/": (page) => page.locator(".title-line .mark.bad"),
  apps: (page) => downRow(page, "shop"),
  "app?app=shop": (page) => page.locator(".title-line .mark.bad"),
};

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

  it.each([
    [
      "refuse every connection",
      (stage: Stage) => Promise.all(stage.instances.map((instance) => instance.close())),
    ],
    [
      "are gone from etcd",
      ({ store }: Stage) =>
        store.commit(["one", "two"].map((id) => ({ delete: `/wayleave/table/instances/shop/${id}` }))),
    ],
  ])(
    "say on home, in lists and on their pages when all instances of an app %s",
    async (what, end) => {
      await using stage = await startStage();
      const context = await newContext(browser);
      const tabs: Page[] = [];
      for (const view of Object.keys(SAYS_DOWN)) tabs.push((await openPage(context, stage.at(view))).page);
      const traffic = load(stage, "shop.example");
      await everyTab(tabs, (page) => state(page, "live"));
      const says = Object.values(SAYS_DOWN).map((say, at) => say(tabs[at] ?? expect.fail()));
      await Promise.all(says.map(async (said) => expect(await said.count()).toBe(0)));

      const endedAt = performance.now();
      await end(stage);
      const times = await Promise.all(
        says.map(async (said) => {
          await said.waitFor();
          return Math.round(performance.now() - endedAt);
        }),
      );
      const told = Object.keys(SAYS_DOWN).map((view, at) => `${view || "home"} ${times[at]} ms`);
      console.log(`all instances of an app ${what}: said after ${told.join(", ")}`);
      await traffic.stop();
      await context.close();
    },
    60_000,
  );

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

/** The row of a table with this link in it, once it is down. */
function downRow(page: Page, name: string): Locator {
  const link = page.getByRole("link", { name, exact: true });
  return page
    .getByRole("row")
    .filter({ has: link })
    .filter({ has: page.locator(".mark.bad") });
}
