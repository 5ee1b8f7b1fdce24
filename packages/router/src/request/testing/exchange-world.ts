// A table, exchanges on it, and a clock that stands still: what tests of the request path begin with.

import type { Route, Settings } from "@wayleave/records";

import { Table } from "../../table/table.ts";
import type { Client, Exchange, RequestHead } from "../exchange.ts";
import type { ExchangeSummary } from "../exchange-summary.ts";
import { createExchanges } from "../handle-exchange.ts";
import { trustPeers } from "../trusted-peers.ts";

/** A client from the internet. */
export const client: Client = { address: "192.0.2.7", port: 4711, localPort: 8080, isTls: false };
/** A client that is a trusted proxy. */
export const proxy: Client = { ...client, address: "10.0.0.1" };

/** How a world differs from the plain one. */
export interface WorldOptions {
  route?: Partial<Route>;
  settings?: Settings;
  instances?: string[];
}

/** A table with the app `shop` at shop.example, whose instances have the ids that are given. */
export function worldOf({ route = {}, settings = {}, instances = ["i1", "i2"] }: WorldOptions = {}) {
  const table = new Table({ affinityKey: "key" });
  let revision = 0;
  const change = (id: string, isThere: boolean, isSuspect = false) => {
    const record = {
      address: "127.0.0.1",
      port: 3000 + revision,
      protocol: "http",
      state: "ready",
      since: 0,
    } as const;
    const instance = isThere ? { ...record, isSuspect } : null;
    table.apply({ revision: ++revision, routes: [], instances: [{ app: "shop", id, instance }] });
  };
  table.apply({
    revision: ++revision,
    settings,
    routes: [{ host: "shop.example", path: "/", route: { to: [{ app: "shop" }], ...route } }],
    instances: [],
  });
  for (const id of instances) change(id, true);
  const summaries: ExchangeSummary[] = [];
  const refused: string[] = [];
  const time = { now: 1_700_000_000_000, clock: 5 };
  const exchanges = createExchanges({
    table: () => table,
    observers: [(summary) => summaries.push(summary)],
    pseudonym: "wl-1",
    isTrusted: trustPeers(["10.0.0.0/8"]),
    now: () => time.now,
    clock: () => time.clock,
    random: () => 0.5,
    suspectRefused: ({ id }) => refused.push(id),
  });
  const open = (head: Partial<RequestHead> = {}, from = client): Exchange => {
    const plain: RequestHead = {
      method: "GET",
      target: "/a?b",
      httpVersion: "1.1",
      rawHeaders: ["Host", "shop.example"],
      hasBody: false,
      isUpgrade: false,
    };
    return exchanges.open({ ...plain, ...head }, from);
  };
  return { table, time, exchanges, summaries, refused, open, change };
}

/** Flat fields by name; of those with the same name, the last. */
export function fieldsOf(flat: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (let index = 0; index < flat.length; index += 2)
    entries.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return Object.fromEntries(entries);
}
