import { type Expiring, type Status, certificateExpiry, wholeHealth } from "@wayleave/records/api";

import type { ControlStatus } from "../control/control-status.ts";
import type { AdminSources } from "./admin-sources.ts";
import { writabilityOf } from "./writability.ts";

const MOST_NAMES = 5;

/** How the router is, as of the counts that came last. */
export function viewStatus(sources: AdminSources): Status {
  const { id, version, engine, zone, since, keys, store, readiness, table, exchangeCounts, control, live } =
    sources;
  const { status } = control;
  live.health.look();
  return {
    id,
    version,
    engine,
    zone,
    since: since.toISOString(),
    prefix: keys.prefix,
    endpoints: [...store.endpoints],
    listen: readiness.listen ?? null,
    listenTls: readiness.listenTls ?? null,
    isClosing: readiness.isClosing,
    ...viewControl(status),
    routes: table.routeCount,
    apps: live.health.appCount,
    instances: table.instanceCount,
    certificates: table.certificates.size,
    connections: sources.connections(),
    exchanges: { total: exchangeCounts.total, active: Math.max(0, exchangeCounts.active) },
    workers: sources.fleet?.views() ?? [],
    health: healthOf(sources, status),
    writable: writabilityOf(sources),
  };
}

/** The health of all that the router knows. */
export function healthOf(sources: AdminSources, status: ControlStatus): Status["health"] {
  const { live, control, table } = sources;
  live.health.look();
  const { down, degraded } = live.health.bad();
  const { rejections } = control.records;
  const conflicts = status.addressConflicts === 0 ? [] : control.records.conflicts();
  return wholeHealth({
    routes: table.routeCount,
    routesDown: down,
    routesDegraded: degraded,
    rejected: { count: rejections.size, names: firstOf(rejections.keys()) },
    addressConflicts: {
      count: conflicts.length,
      names: firstOf(conflicts.map(({ authority }) => authority)),
    },
    ...certificateExpiry(expiringIn(table), Date.now()),
    distrusted: live.distrusted,
    suspects: status.suspects,
    heldRemovals: status.hold?.removals ?? 0,
    notServing: whyNotServing(sources),
    stale: whyStale(status),
    replicaFailure: status.replicaFailure,
    stateFailure: status.stateFile?.failure,
  });
}

function* expiringIn({ certificates }: AdminSources["table"]): Iterable<Expiring> {
  for (const { name, certificate } of certificates.entries()) yield { name, notAfter: certificate.notAfter };
}

function whyNotServing({ readiness, control }: AdminSources): string | undefined {
  if (readiness.isClosing) return "this router is closing";
  if (readiness.listen !== undefined) return undefined;
  return control.status.state === "waiting" ? "this router waits for etcd" : "this router is starting";
}

function whyStale({ state, stalenessSeconds, error }: ControlStatus): string | undefined {
  if (state === "live" || state === "waiting") return undefined;
  if (state === "refused")
    return `the table file is refused: ${error ?? "it is bad"}; the last good one is in force`;
  const age = stalenessSeconds === null ? "of unknown age" : `${Math.round(stalenessSeconds)} s old`;
  return `etcd is lost; the last known table is in force, ${age}`;
}

// For people: no epoch milliseconds.
function viewControl({ hold, audit, stateFile, ...rest }: ControlStatus) {
  return {
    ...rest,
    hold: hold && { ...hold, since: isoTime(hold.since), until: isoTime(hold.until) },
    audit: audit && { ...audit, at: isoTime(audit.at) },
    stateFile: stateFile && {
      ...stateFile,
      savedAt: stateFile.savedAt === null ? null : isoTime(stateFile.savedAt),
    },
  };
}

function firstOf(names: Iterable<string>): string[] {
  const first: string[] = [];
  for (const name of names) if (first.push(name) >= MOST_NAMES) break;
  return first;
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
