// Every view in a real browser, before a real router.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { eventually } from "@wayleave/testkit";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type WatchedPage, isBrowserThere, newContext, openPage, startBrowser } from "./browser.ts";
import { HOSTILE, type Stage, certificateRecords, load, put, startStage } from "./stage.ts";

/** A look by axe at the narrow pages, too, takes as long again. */
const IS_SOAK = process.env["WAYLEAVE_SOAK"] === "1";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Every view with something in it, and a word that is there once it is drawn. */
const VIEWS: readonly (readonly [view: string, word: string])[] = [
  ["", "What is wrong"],
  ["routes", "shop.example/api"],
  ["route?host=shop.example&path=/api", "least-connections"],
  ["route?host=nowhere.example&path=/", "There is no route"],
  ["apps", "empty"],
  ["app?app=shop", "Routes that lead here"],
  ["instances", "one"],
  ["instance?app=shop&id=two", "share of its app"],
  ["certificates", "expires soon"],
  ["certificate?name=shop", "Routes whose clients get it"],
  ["certificate?name=mixed", "is not the key of the certificate"],
  ["certificate?name=nothing", "There is no certificate"],
  ["events", "Event"],
  ["replicas", "This router"],
  ["rejected", "broken.example"],
  ["explain?url=http://shop.example/api/x", "Hosts that match"],
  ["tap", "Pause"],
  ["settings", "Defaults for every route"],
  ["edit?host=shop.example&path=/", "Preview"],
  ["edit", "New route"],
  ["no-such-view", "There is no such view"],
];

describe.skipIf(!isBrowserThere())("the dashboard", () => {
  let stage: Stage;
  let browser: Browser;
  beforeAll(async () => {
    [stage, browser] = await Promise.all([startStage(["--allow-plain-keys", "on"]), startBrowser()]);
    await put(stage.store, certificateRecords());
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.[Symbol.asyncDispose]();
  });

  it.each(["light", "dark"] as const)(
    "shows every view in %s, wide and narrow, without a complaint of the browser or of axe",
    async (theme) => {
      const traffic = load(stage, "shop.example");
      const context = await newContext(browser, { theme });
      const { page, complaints } = await openPage(context, stage.at(""));
      await page.evaluate(AXE);
      const found: string[] = [];
      for (const [view, word] of VIEWS) {
        await go(page, stage.at(view));
        await page.getByText(word).first().waitFor();
        await page.setViewportSize({ width: 390, height: 800 });
        found.push(...(await overflow(page, view)));
        if (IS_SOAK) found.push(...(await axe(page, view)));
        await page.setViewportSize({ width: 1280, height: 860 });
        found.push(...(await overflow(page, view)), ...(await axe(page, view)));
      }
      await context.close();
      await traffic.stop();
      expect([found, complaints.filter((text) => !/404 \(Not Found\)/.test(text))]).toEqual([[], []]);
    },
    120_000,
  );

  it("shows names that mean no good as text", async () => {
    const context = await newContext(browser);
    const { page, complaints } = await openPage(context, stage.at("instance?app=shop&id=two"));
    await page.getByText(`v2 ${HOSTILE}`).waitFor();
    for (const view of ["instances", "instance?app=shop&id=one", "route?host=shop.example&path=/"]) {
      await go(page, stage.at(view));
      await page.getByText("<script>").first().waitFor();
    }
    expect(await page.title()).not.toContain("taken");
    await context.close();
    expect(complaints).toEqual([]);
  });

  it("keeps filter and order in the address, and goes back as a reader expects", async () => {
    await using opened = await open("routes");
    const { page } = opened;
    await page.getByRole("link", { name: "empty.example/" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("health:down");
    await page.getByText("1 of 3 routes").waitFor();
    await page.getByRole("button", { name: "Live" }).click();
    expect(new URL(page.url()).search).toBe("?filter=health%3Adown&sort=-live");
    await page.getByRole("link", { name: "empty.example/" }).click();
    await page.getByText("no instance").first().waitFor();
    await page.goBack();
    await page.getByText("1 of 3 routes").waitFor();
    expect(await page.locator("th[aria-sort]").textContent()).toBe("Live");
    await page.reload();
    await page.getByText("1 of 3 routes").waitFor();
  });

  it("tells which certificates expire or are refused, on the home page first", async () => {
    await using opened = await open("");
    const { page } = opened;
    await page.getByText("1 certificate expired").waitFor();
    await page.getByText("1 certificate to expire within 14 days").waitFor();
    await page.getByText("/wayleave/table/certificates/mixed").first().waitFor();
    await page.getByRole("link", { name: "soon", exact: true }).click();
    await page.getByRole("heading", { name: "soon" }).waitFor();
    await page.getByText("9 d").waitFor();
    await page.getByRole("link", { name: "Certificates" }).click();
    await page.getByRole("table", { name: "certificates" }).waitFor();
    const rows = await page.locator("tbody tr").allInnerTexts();
    expect(rows.map((row) => row.split(/\s*\t\s*/).slice(0, 2))).toEqual([
      ["refused", "mixed"],
      ["expired", "old"],
      ["not valid yet", "next"],
      ["expires soon", "soon"],
      ["valid", "shop"],
    ]);
    const renewed = certificateRecords()["certificates/shop"];
    await put(stage.store, { "certificates/soon": renewed });
    await eventually(async () => expect(await page.getByText("expires soon").count()).toBe(0), {
      what: "the list shows the renewed certificate",
    });
    await go(page, stage.at("events?filter=kind:certificate-changed"));
    await page.getByText("certificate soon was replaced").waitFor();
  });

  it("is used by the keyboard alone", async () => {
    await using opened = await open("");
    const { page } = opened;
    await page.getByText("What is wrong").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the content");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.getByRole("table", { name: "routes" }).waitFor();
    await page.keyboard.press("j");
    await eventually(async () => expect(await focused(page)).toContain("empty.example"), {
      what: "j is at the first row",
    });
    await page.keyboard.press("j");
    await eventually(async () => expect(await focused(page)).toContain("shop.example"), {
      what: "j is at the next row",
    });
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "empty.example/" }).waitFor();
    await page.keyboard.press("t");
    await page.locator("html[data-theme=dark]").waitFor();
  });

  it("explains a URL, and each request of the tap", async () => {
    await using opened = await open("explain");
    const { page } = opened;
    await page.getByLabel("URL").fill("http://shop.example/api/cart");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("chosen: the longest prefix").waitFor();
    await page.getByText("a prefix too, but shorter").waitFor();
    await go(page, stage.at("tap"));
    const traffic = load(stage, "shop.example");
    await page.getByRole("link", { name: "GET shop.example/" }).first().waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("paused").waitFor();
    await traffic.stop();
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(0);
  });

  async function open(view: string): Promise<WatchedPage & AsyncDisposable> {
    const context = await newContext(browser);
    const opened = await openPage(context, stage.at(view));
    return { ...opened, [Symbol.asyncDispose]: () => context.close() };
  }
});

/** Goes to a view as a link does: without loading the page anew. */
async function go(page: Page, url: string): Promise<void> {
  await page.evaluate((href) => {
    history.pushState(null, "", href);
    dispatchEvent(new Event("wayleave-location"));
  }, url);
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? "");
}

async function overflow(page: Page, view: string): Promise<string[]> {
  const px = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return px > 0 ? [`${view} is ${px} px too wide`] : [];
}

async function axe(page: Page, view: string): Promise<string[]> {
  const violations = await page.evaluate(async () => {
    // What axe-core puts into the page.
    const found: { violations: { id: string; impact: string; nodes: { html: string }[] }[] } =
      await Reflect.get(globalThis, "axe").run();
    return found.violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`);
  });
  return violations.map((text) => `${view}: ${text}`);
}
