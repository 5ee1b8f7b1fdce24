// A real browser for tests: Debian's Chromium, without a download of its own.

import { existsSync } from "node:fs";

import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";

const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** For how long a page is waited for: shorter than a test may take, so that the failure says for what. */
const WITHIN_MS = 20_000;

/** Whether there is a browser. On CI there must be one: a suite that tests nothing must not look green. */
export function isBrowserThere(): boolean {
  const isThere = existsSync(EXECUTABLE);
  if (!isThere && process.env["CI"] === "true")
    throw new Error(`there is no ${EXECUTABLE}: apt-get install chromium`);
  return isThere;
}

/** How a page is looked at. */
export interface Looks {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

/** A page, and all that it complained of: errors of its scripts, of the console, and refusals by its security policy. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: string[];
}

/** Starts the browser; close it. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
}

/** A context of its own: nothing is shared with other ones, no shared worker either. */
export async function newContext(
  browser: Browser,
  { theme = "light", width = 1280, height = 860 }: Looks = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(WITHIN_MS);
  return context;
}

/** Opens an address in a new tab of the context. */
export async function openPage(context: BrowserContext, url: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}
