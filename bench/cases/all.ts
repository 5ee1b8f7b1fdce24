import type { Budget, Case } from "../case.ts";
import { certificates } from "./certificates.ts";
import { changeCost } from "./change-cost.ts";
import { floods } from "./floods.ts";
import { idleConnections } from "./idle-connections.ts";
import { largeTable } from "./large-table.ts";
import { resync } from "./resync.ts";
import { routerChangeCost } from "./router-change-cost.ts";
import { slowClients } from "./slow-clients.ts";
import { timeToRouted } from "./time-to-routed.ts";
import { tls } from "./tls.ts";
import { underChanges } from "./under-changes.ts";
import { type Traffic, trafficCase } from "./traffic.ts";

const SMALL: Traffic = { path: "/", connections: 64, bodyBytes: 0, isNewEachTime: false, accessLog: false };

const MOST_CPU = { nginx: 1.2, haproxy: 1.2, caddy: 0.35, "http-proxy": 0.25 };
const CPU_BUDGETS: readonly Budget[] = Object.entries(MOST_CPU).map(([peer, atMost]) => ({
  what: `CPU a request, against ${peer}`,
  row: "wayleave",
  column: peer,
  atMost,
}));

/** Run when they are named: they take minutes, and a machine on which nobody else does anything. */
export const ATTACKS: readonly Case[] = [slowClients, floods];

/** Every case, in the order of the page. */
export const CASES: readonly Case[] = [
  trafficCase(
    {
      name: "small-64",
      title: "Small answers, 64 connections",
      about: "130 bytes, on 64 kept-alive connections that ask again at once. No access log.",
      budgets: CPU_BUDGETS,
    },
    SMALL,
  ),
  trafficCase(
    { name: "small-1", title: "Small answers, 1 connection", about: "The same, one request at a time." },
    { ...SMALL, connections: 1 },
  ),
  trafficCase(
    { name: "small-512", title: "Small answers, 512 connections", about: "The same, on 512 connections." },
    { ...SMALL, connections: 512 },
  ),
  trafficCase(
    {
      name: "small-64-logged",
      title: "Small answers with an access log",
      about:
        "64 connections; a line a request into a file: nginx `combined`, HAProxy `httplog`, Caddy and Wayleave JSON.",
    },
    { ...SMALL, accessLog: true },
  ),
  trafficCase(
    { name: "large-answers", title: "Answers of 100 KB", about: "100,000 bytes, 64 kept-alive connections." },
    { ...SMALL, path: "/large" },
  ),
  trafficCase(
    {
      name: "uploads",
      title: "Uploads of 1 MB",
      about: "POST of 1,000,000 bytes, 16 kept-alive connections; passed on as they come, by all of them.",
    },
    { ...SMALL, connections: 16, bodyBytes: 1_000_000 },
  ),
  trafficCase(
    {
      name: "new-connections",
      title: "A new connection for each request",
      about: "130 bytes, `Connection: close`, 64 clients.",
    },
    { ...SMALL, isNewEachTime: true },
  ),
  tls,
  certificates,
  idleConnections,
  largeTable,
  underChanges,
  resync,
  timeToRouted,
  routerChangeCost,
  changeCost,
];
