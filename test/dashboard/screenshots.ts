// `npm run screenshots`: every view of the dashboard, in both themes, into docs/images. It takes a minute: charts need
// something to show.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { openRegistrar } from "@wayleave/registrar";
import { type Store, openStore } from "@wayleave/store";
import { type DemoApp, type Load, startDemoApp, startLoad } from "@wayleave/testkit";

import { type RunningReplica, startReplica } from "../cluster.ts";
import { newContext, openPage, startBrowser } from "./browser.ts";
import { withPalette } from "./palette-png.ts";
import { issue, put } from "./stage.ts";

const FOLDER = path.resolve(import.meta.dirname, "../../docs/images");
const TRAFFIC_MS = 75_000;
const MISFORTUNE_MS = 4_000;

/** What is shown, and what stands on it once it is drawn. */
const VIEWS: Readonly<Record<string, readonly [view: string, word: string]>> = {
  overview: ["", "What is wrong"],
  routes: ["routes", "shop.example.com"],
  route: ["route?host=shop.example.com&path=/", "Flow"],
  apps: ["apps", "billing"],
  app: ["app?app=shop", "Routes that lead here"],
  instances: ["instances", "shop-1"],
  certificates: ["certificates", "expires soon"],
  certificate: ["certificate?name=shop", "Routes whose clients get it"],
  events: ["events", "registered"],
  replicas: ["replicas", "This router"],
  rejected: ["rejected", "needs one app"],
  explain: ["explain?url=https://shop.example.com/api/cart", "Hosts that match"],
  tap: ["tap", "GET shop.example.com"],
  settings: ["settings", "Preview"],
  edit: ["edit?host=shop.example.com&path=/", "Preview"],
};
const PLAIN_KEYS = ["--allow-plain-keys", "on"];
const NARROW = ["overview", "routes", "route", "certificates"];

const RECORDS = {
  settings: { retries: { attempts: 3 }, timeouts: { exchangeMs: 60_000 } },
  "routes/shop.example.com/": {
    to: [
      { app: "shop", version: "2.4.0", weight: 9 },
      { app: "shop", version: "2.5.0", weight: 1 },
    ],
    balance: "power-of-two",
    affinity: { mode: "app-cookie", cookies: ["JSESSIONID"] },
    retries: { attempts: 2 },
    labels: { team: "checkout" },
  },
  "routes/shop.example.com/api": { to: [{ app: "shop-api" }], balance: "least-connections" },
  "routes/blog.example.com/": { to: [{ app: "blog" }] },
  "routes/*.pages.example.com/": { to: [{ app: "pages" }] },
  "routes/billing.example.com/": { to: [{ app: "billing" }] },
  "routes/status.example.com/": { to: [{ app: "status" }] },
  "certificates/shop": issue(["shop.example.com"], -30, 60.5),
  "certificates/pages": issue(["*.pages.example.com"], -80, 9.5),
  "certificates/blog": issue(["blog.example.com"], -5, 85),
  "certificates/status": issue(["status.example.com", "billing.example.com"], -60, 30.2),
  "certificates/old-shop": issue(["www.shop.example.com"], -100, 200),
};

/** App, its instance, its version, its zone. */
const INSTANCES = [
  ["shop", "shop-1", "2.4.0", "eu-1a"],
  ["shop", "shop-2", "2.4.0", "eu-1b"],
  ["shop", "shop-3", "2.5.0", "eu-1a"],
  ["shop-api", "api-1", "1.9.2", "eu-1a"],
  ["shop-api", "api-2", "1.9.2", "eu-1b"],
  ["blog", "blog-1", "5.1", "eu-1a"],
  ["blog", "blog-2", "5.1", "eu-1a"],
  ["pages", "pages-1", "0.8", "eu-1b"],
  ["status", "status-1", "1.0", "eu-1a"],
] as const;

await using stack = new AsyncDisposableStack();
const etcd = stack.use(await startEmbeddedEtcd());
const store = stack.use(openStore({ endpoints: [etcd.endpoint] }));
await put(store, RECORDS);
const router = stack.use(
  await startReplica(
    [etcd.endpoint],
    ["--workers", "2", "--id", "router-a", "--zone", "eu-1a", ...PLAIN_KEYS],
  ),
);
stack.use(await startReplica([etcd.endpoint], ["--id", "router-b", "--zone", "eu-1b", ...PLAIN_KEYS]));
const apps = await registerAll(store);
const loads = startLoads(router);
await sleep(TRAFFIC_MS);
await misfortune(store);
await sleep(MISFORTUNE_MS);
await shootAll(router);
await Promise.all(loads.map((load) => load.stop()));

/** Starts an app for each instance, and registers it under a lease. */
async function registerAll(to: Store): Promise<ReadonlyMap<string, DemoApp>> {
  const registrar = stack.use(openRegistrar({ store: to, ttlSeconds: 15 }));
  const started = new Map<string, DemoApp>();
  for (const [app, id, version, zone] of INSTANCES) {
    const server = stack.use(await startDemoApp({ name: id }));
    await registrar.register({ app, id, version, zone, port: server.port, address: "127.0.0.1" });
    started.set(id, server);
  }
  return started;
}

function startLoads({ port }: RunningReplica): Load[] {
  const asked: readonly (readonly [host: string, path: string, pauseMs: number])[] = [
    ["shop.example.com", "/", 8],
    ["shop.example.com", "/slow?ms=20", 30],
    ["shop.example.com", "/api/cart", 12],
    ["blog.example.com", "/2026/11", 25],
    ["a.pages.example.com", "/", 60],
    ["blog.example.com", "/status/500", 900],
    ["billing.example.com", "/invoices", 700],
  ];
  return asked.map(([host, at, pauseMs]) =>
    startLoad({ ports: [port], host, path: at, concurrency: 2, pauseMs }),
  );
}

/** An app without an instance is there from the start; now one instance dies, one drains, and a record is bad. */
async function misfortune(to: Store): Promise<void> {
  await apps.get("blog-2")?.close();
  const { record } = await to.get("/wayleave/table/instances/shop-api/api-2");
  if (record !== undefined)
    await put(to, { "instances/shop-api/api-2": { ...JSON.parse(record.value), state: "draining" } });
  await put(to, {
    "routes/status.example.com/": { to: [] },
    "certificates/blog": {
      ...issue(["blog.example.com"], 0, 90),
      key: issue(["blog.example.com"], 0, 90).key,
    },
  });
}

async function shootAll(of: RunningReplica): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await using browser = await startBrowser();
  for (const theme of ["light", "dark"] as const)
    for (const [width, names] of [
      [1280, Object.keys(VIEWS)],
      [390, NARROW],
    ] as const) {
      const context = await newContext(browser, { theme, width, height: width === 390 ? 844 : 860 });
      for (const name of names) {
        const [view, word] = VIEWS[name] ?? ["", ""];
        const { page } = await openPage(context, `${of.admin}/dashboard/${view}`);
        await page.getByText(word).first().waitFor();
        // The tap fills, and charts are drawn.
        await sleep(name === "tap" ? 2_000 : 400);
        const file = `dashboard-${name}-${theme}${width === 390 ? "-narrow" : ""}.png`;
        writeFileSync(path.join(FOLDER, file), withPalette(await page.screenshot()));
        await page.close();
      }
      await context.close();
    }
}
