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

    const frames = await framesWhileScrolling(page);
    console.log(
      `10,003 routes: ${frames.count} frames while scrolling, median ${frames.medianMs} ms, longest ${frames.longestMs} ms`,
    );
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

/** Scrolls to the end in 60 steps, one a frame. */
async function framesWhileScrolling(
  page: Page,
): Promise<{ count: number; medianMs: number; longestMs: number }> {
  const times = await page.evaluate(async () => {
    const seen: number[] = [];
    const height = document.documentElement.scrollHeight;
    let before = performance.now();
    for (let step = 1; step <= 60; step += 1) {
      scrollTo(0, (height * step) / 60);
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      seen.push(now - before);
      before = now;
    }
    return seen.toSorted((a, b) => a - b);
  });
  return {
    count: times.length,
    medianMs: Math.round(times[30] ?? 0),
    longestMs: Math.round(times.at(-1) ?? 0),
  };
}
