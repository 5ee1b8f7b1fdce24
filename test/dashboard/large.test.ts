// Ten thousand routes: a few rows are in the document, whichever are looked at.

import { eventually } from "@wayleave/testkit";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";

import { isBrowserThere, newContext, openPage, startBrowser } from "./browser.ts";
import { put, startStage } from "./stage.ts";

const ROUTES = 10_000;
const A_COMMIT = 125;

describe.skipIf(!isBrowserThere())("ten thousand routes", () => {
  it("are scrolled, filtered and ordered with a few rows in the document", async () => {
    await using stage = await startStage();
    await using browser = await startBrowser();
    for (let at = 0; at < ROUTES; at += A_COMMIT) {
      const places = Array.from({ length: A_COMMIT }, (_, nth) => `routes/host-${at + nth}.example/`);
      await put(stage.store, Object.fromEntries(places.map((key) => [key, { to: [{ app: "shop" }] }])));
    }
    const { page, complaints } = await openPage(await newContext(browser), stage.at("routes?sort=route"));
    await page.getByText("10,003 routes").waitFor({ timeout: 20_000 });
    expect(await rows(page)).toBeLessThan(80);
    expect(await page.getByRole("table", { name: "routes" }).getAttribute("aria-rowcount")).toBe("10004");

    const wheel = await framesWhileScrolling(page, 60);
    const jumps = await framesWhileScrolling(page, 30, { toTheEnd: true });
    console.log(`10,003 routes: a frame while scrolling takes ${wheel}, while jumping through all ${jumps}`);
    expect(await rows(page)).toBeLessThan(80);
    await page.getByRole("link", { name: "host-9999.example/" }).waitFor();

    await page.getByLabel("Filter routes").fill("host-77");
    await page.getByText("111 of 10,003 routes").waitFor();
    await page.getByRole("button", { name: "Route" }).click();
    await page.getByRole("link", { name: "host-7799.example/" }).waitFor();
    await put(stage.store, { "routes/host-77777.example/": { to: [{ app: "shop" }] } });
    await eventually(() => page.getByText("112 of 10,004 routes").waitFor({ timeout: 1_000 }));
    expect(complaints).toEqual([]);
  }, 120_000);
});

function rows(page: Page): Promise<number> {
  return page.locator("tbody tr").count();
}

/** Scrolls once a frame: by 120 pixels as a wheel does, or in equal jumps to the end. The time of a frame, in words. */
async function framesWhileScrolling(page: Page, steps: number, { toTheEnd = false } = {}): Promise<string> {
  const times = await page.evaluate(
    async ({ count, isJump }) => {
      const seen: number[] = [];
      const height = isJump ? document.documentElement.scrollHeight / count : 120;
      let before = performance.now();
      for (let step = 1; step <= count; step += 1) {
        scrollTo(0, height * step);
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        seen.push(now - before);
        before = now;
      }
      return seen.toSorted((a, b) => a - b);
    },
    { count: steps, isJump: toTheEnd },
  );
  const at = (share: number): number => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0);
  return `${at(0.5)} ms (median), ${at(0.95)} ms (p95)`;
}
