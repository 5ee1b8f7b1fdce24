// What the admin API says of the things in a table.

import type { RouteCounts } from "../observe/exchange-counts.ts";
import { STATUS_CELLS, exchangesIn } from "../observe/route-cells.ts";
import type { AppEntry } from "../table/app-entry.ts";
import type { InstanceEntry } from "../table/instance-entry.ts";
import type { RouteEntry } from "../table/route-entry.ts";

/** How many instances there are of each kind; one is `ready` or `draining`, and may be more. */
export interface InstanceSummary {
  readonly ready: number;
  readonly draining: number;
  readonly suspect: number;
  readonly ejected: number;
  /** Exchanges that run on them. */
  readonly active: number;
}

export function summarizeInstances(instances: Iterable<InstanceEntry>): InstanceSummary {
  const summary = { ready: 0, draining: 0, suspect: 0, ejected: 0, active: 0 };
  const now = Date.now();
  for (const { record, ejectedUntil, active } of instances) {
    summary[record.state] += 1;
    if (record.isSuspect) summary.suspect += 1;
    if (ejectedUntil > now) summary.ejected += 1;
    summary.active += active;
  }
  return summary;
}

export function viewApp(app: AppEntry): object {
  return { app: app.name, ...summarizeInstances(app.instances.values()) };
}

export function viewInstance(entry: InstanceEntry): object {
  const { app, id, record, active, failures, ejections, ejectedUntil } = entry;
  const { since, ...said } = record;
  return {
    app,
    id,
    ...said,
    since: new Date(since).toISOString(),
    active,
    failures,
    ejections,
    ejectedForMs: Math.max(0, ejectedUntil - Date.now()),
  };
}

/** `summaries`: of the apps that the route leads to. */
export function viewRoute(
  { host, path, record }: RouteEntry,
  summaries: readonly InstanceSummary[],
  counts: RouteCounts | undefined,
): object {
  const sum = (kind: keyof InstanceSummary): number =>
    summaries.reduce((total, each) => total + each[kind], 0);
  return {
    host,
    path,
    ...record,
    instances: {
      ready: sum("ready"),
      draining: sum("draining"),
      suspect: sum("suspect"),
      ejected: sum("ejected"),
    },
    active: sum("active"),
    exchanges: {
      total: counts === undefined ? 0 : exchangesIn(counts.cells),
      byStatusClass: byStatusClass(counts),
      failures: Object.fromEntries(counts?.failures ?? []),
    },
  };
}

function byStatusClass(counts: RouteCounts | undefined): Record<string, number> {
  const classes = [...(counts?.cells.subarray(0, STATUS_CELLS).entries() ?? [])].filter(
    ([, count]) => count > 0,
  );
  return Object.fromEntries(classes.map(([digit, count]) => [`${digit}xx`, count]));
}
