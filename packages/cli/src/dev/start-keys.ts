import { formatAddress } from "@wayleave/records";

import { formatDestination } from "../arguments/destination.ts";
import { renderTable } from "../output/table.ts";
import { leaseSeconds } from "../reading/lease-seconds.ts";
import { readTable } from "../reading/read-table.ts";
import type { Dev } from "./dev.ts";
import { listenToKeys } from "./keys.ts";
import { RequestRate } from "./request-rate.ts";
import type { Screen } from "./screen.ts";
import { statusLine } from "./status-line.ts";
import type { KeyHelp } from "./welcome.ts";

const STATUS_MS = 500;

/** The keys that do something, and what. */
export function keyHelp({ etcd }: Dev): KeyHelp[] {
  const all: KeyHelp[] = [
    ["a", "add an instance"],
    ["k", "kill one"],
    ["s", "stop or start etcd"],
    ["t", "the table, with what each lease has left"],
    ["q", "quit"],
  ];
  return all.filter(([key]) => key !== "s" || etcd.canToggle);
}

/** Starts the keys and the status line of a terminal, until the returned function is called. */
export function startKeys(dev: Dev, screen: Screen, quit: () => void): () => void {
  const tell = (work: Promise<void>): void => {
    work.catch((error: unknown) => screen.say(error instanceof Error ? error.message : String(error)));
  };
  const stopListening = listenToKeys({
    a: () => {
      dev.apps.start("hello");
      screen.say("starting one more hello: it gets requests once its port accepts");
    },
    k: () => dev.apps.kill("hello"),
    s: () => {
      if (dev.etcd.canToggle) tell(toggleEtcd(dev, screen));
    },
    t: () => tell(showTable(dev, screen)),
    q: quit,
  });
  const rate = new RequestRate();
  const timer = setInterval(() => drawStatus(dev, screen, rate), STATUS_MS);
  return () => {
    clearInterval(timer);
    stopListening();
  };
}

async function toggleEtcd({ etcd }: Dev, screen: Screen): Promise<void> {
  await etcd.toggle();
  screen.say(
    etcd.isOn
      ? "etcd is back: instances renew their leases, the router follows again"
      : "etcd is off: the router keeps its last table, and requests go on as before",
  );
}

async function showTable({ store, keys }: Dev, screen: Screen): Promise<void> {
  const { routes, instances, revision } = await readTable(store, keys);
  const width = process.stdout.columns;
  const routeRows = routes.map(({ parsed: { host, path, route } }) => [
    host + path,
    route.to.map(formatDestination).join(", "),
  ]);
  const seconds = await leaseSeconds(
    store,
    instances.map(({ stored }) => stored.lease),
  );
  const leftOf = (lease: string): string => (seconds.has(lease) ? `${seconds.get(lease)}s` : "-");
  const instanceRows = instances.map(({ stored, parsed: { app, id, instance } }) => [
    `${app}/${id}`,
    formatAddress(instance.address, instance.port),
    instance.state,
    leftOf(stored.lease),
  ]);
  screen.say(`the table at revision ${revision}`);
  screen.say(renderTable({ headings: ["ROUTE", "TO"], rows: routeRows }, width).trimEnd());
  screen.say(
    renderTable(
      { headings: ["INSTANCE", "ADDRESS", "STATE", "LEASE LEFT"], rows: instanceRows },
      width,
    ).trimEnd(),
  );
}

function drawStatus({ router, etcd, apps }: Dev, screen: Screen, rate: RequestRate): void {
  const requests = router.exchangeCount;
  const requestsPerSecond = rate.at(performance.now(), requests);
  const status = { requestsPerSecond, requests, isEtcdOn: etcd.isOn, instances: apps.instances };
  screen.status(statusLine(status, process.stdout.columns));
}
