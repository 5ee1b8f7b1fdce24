// What a router's stream tells, for tests.

import {
  type Health,
  type LiveEvent,
  type RouteView,
  type Status,
  countInstances,
} from "@wayleave/records/api";

const OK: Health = { level: "ok", reasons: [] };

/** A router that is well. */
export function statusView(change: Partial<Status> = {}): Status {
  return {
    id: "router-1",
    version: "0.1.0",
    engine: "wire",
    zone: null,
    since: new Date(0).toISOString(),
    prefix: "/wayleave/",
    endpoints: [],
    listen: { host: "0.0.0.0", port: 8080 },
    isClosing: false,
    state: "live",
    revision: 42,
    stalenessSeconds: 0,
    endpoint: null,
    reason: null,
    error: null,
    rejected: 0,
    addressConflicts: 0,
    suspects: 0,
    hold: null,
    audit: null,
    stateFile: null,
    replicaFailure: null,
    routes: 1,
    apps: 1,
    instances: 1,
    connections: 0,
    exchanges: { total: 0, active: 0 },
    workers: [],
    health: OK,
    writable: { isWritable: true, why: null },
    ...change,
  };
}

/** A route that is well, with so many requests a second. */
export function routeView(
  host: string,
  requestsPerSecond: number,
  {
    errorShare = 0,
    p99Ms = 20,
    health = OK,
    app = "shop",
  }: Partial<RouteView["figures"]> & {
    readonly health?: Health;
    readonly app?: string;
  } = {},
): RouteView {
  return {
    host,
    path: "/",
    revision: 1,
    to: [{ app }],
    instances: countInstances(health.level === "down" ? ["ejected"] : ["ready", "draining"]),
    active: 1,
    health,
    figures: { requestsPerSecond, errorShare, p50Ms: 1, p95Ms: 10, p99Ms, lastRequestAt: 1 },
  };
}

/** All that a router's stream begins with. */
export function snapshot(routes: readonly RouteView[], status: Status = statusView()): object[] {
  const now = Date.now();
  const totals = {
    at: now,
    requestsPerSecond: 7,
    errorsPerSecond: 0.5,
    p50Ms: 1,
    p95Ms: 2,
    p99Ms: 3,
    active: 4,
    connections: 5,
  };
  return [
    { kind: "begin", now, topics: ["status", "totals", "routes"] },
    { kind: "status", now, status },
    { kind: "totals", now, totals: [totals] },
    { kind: "routes", now, upserts: routes, removes: [] },
    { kind: "end", now },
  ];
}

/** One thing that happened. */
export function liveEvent(sequence: number, change: Partial<LiveEvent> = {}): LiveEvent {
  const at = Date.now();
  return {
    sequence,
    at,
    kind: "registered",
    level: "info",
    revision: 7,
    text: `event ${sequence}`,
    ...change,
  };
}
