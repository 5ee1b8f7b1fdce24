// A router that asks for a token asks for it on the page, too.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { isBrowserThere, newContext, openPage, startBrowser } from "./browser.ts";
import { startStage } from "./stage.ts";

describe.skipIf(!isBrowserThere())("a dashboard behind a token", () => {
  it("shows nothing before the token is given, says when it is wrong, and keeps it from scripts", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "wayleave-token-"));
    const file = path.join(folder, "token");
    await writeFile(file, "open-sesame-0123456789\n");
    await using stage = await startStage(["--admin-token-file", file]);
    await using browser = await startBrowser();
    const context = await newContext(browser);
    const { page } = await openPage(context, stage.at("routes"));
    await page.getByText("This router asks for a token").waitFor();
    expect(await page.getByText("shop.example").count()).toBe(0);
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Token").fill("open-sesame-0123456789");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("link", { name: "shop.example/", exact: true }).waitFor();
    const cookies = await context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict" }]);
    expect(await page.evaluate(() => document.cookie)).toBe("");
    await rm(folder, { recursive: true });
  }, 60_000);
});
