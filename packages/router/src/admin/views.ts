// What the admin API says of the things in a table.

import {
  type AppView,
  type InstanceFigures,
  type InstanceView,
  type RouteFigures,
  type RouteView,
  conditionOf,
} from "@wayleave/records/api";

import type { RouteCounts } from "../observe/exchange-counts.ts";
import { STATUS_CELLS, exchangesIn } from "../observe/route-cells.ts";
import type { InstanceEntry } from "../table/instance-entry.ts";
import type { RouteEntry } from "../table/route-entry.ts";
import type { AdminSources } from "./admin-sources.ts";

/** Views as of now: to be made anew for each answer, since it remembers what it added up. */
export class Views {
  readonly #sources: AdminSources;
  readonly #now = Date.now();
  readonly #activeOf = new Map<string, number>();

  constructor(sources: AdminSources) {
    this.#sources = sources;
    sources.live.health.look();
  }

  route(entry: RouteEntry): RouteView {
    const { host, path, record } = entry;
    const { control, keys, live } = this.#sources;
    const { health } = live;
    return {
      ...record,
      ...this.routeFigures(entry),
      revision: control.records.at(keys.route(host, path))?.modRevision ?? 0,
      instances: health.destinationCounts(record.to),
      health: health.route(host + path),
    };
  }

  /** With what became of its requests since the router started. */
  countedRoute(entry: RouteEntry): RouteView {
    const counts = this.#sources.exchangeCounts.of(entry);
    return { ...this.route(entry), exchanges: exchangesOf(counts) };
  }

  routeFigures({ host, path, record }: RouteEntry): RouteFigures {
    const apps = new Set(record.to.map(({ app }) => app));
    const active = [...apps].reduce((total, app) => total + this.#active(app), 0);
    return { host, path, active, figures: this.#sources.live.figures.of(host + path, this.#now) };
  }

  app(name: string): AppView {
    const { health: book } = this.#sources.live;
    const { counts, health } = book.app(name);
    return {
      app: name,
      instances: counts,
      routes: book.routeCount(name),
      active: this.#active(name),
      health,
    };
  }

  instance(entry: InstanceEntry): InstanceView {
    const { app, id, record, active, failures, ejections, ejectedUntil, tlsFailure = null } = entry;
    const { control, keys, live } = this.#sources;
    const known = control.records.at(keys.instance(app, id));
    const { since, isSuspect, ...said } = record;
    return {
      ...said,
      app,
      id,
      isSuspect,
      since: new Date(since).toISOString(),
      revision: known?.modRevision ?? 0,
      isLeased: known?.isLeased ?? true,
      condition: conditionOf({ ...record, ejectedUntil, failures }, this.#now),
      active,
      share: live.shares.of(app, id),
      failures,
      ejections,
      ejectedUntil: ejectedUntil > this.#now ? ejectedUntil : null,
      tlsFailure,
      leaseExpiresAt: this.#sources.leases.known(app, id),
    };
  }

  /** The part of {@link Views.instance} that changes without its record. */
  instanceFigures(entry: InstanceEntry): InstanceFigures {
    const { app, id, condition, active, share, failures, ejections, ...view } = this.instance(entry);
    const { ejectedUntil, tlsFailure, leaseExpiresAt } = view;
    return {
      app,
      id,
      condition,
      active,
      share,
      failures,
      ejections,
      ejectedUntil,
      tlsFailure,
      leaseExpiresAt,
    };
  }

  #active(app: string): number {
    const known = this.#activeOf.get(app);
    if (known !== undefined) return known;
    let active = 0;
    for (const entry of this.#sources.table.app(app)?.instances.values() ?? []) active += entry.active;
    this.#activeOf.set(app, active);
    return active;
  }
}

function exchangesOf(counts: RouteCounts | undefined): NonNullable<RouteView["exchanges"]> {
  const classes = [...(counts?.cells.subarray(0, STATUS_CELLS).entries() ?? [])].filter(
    ([, count]) => count > 0,
  );
  return {
    total: counts === undefined ? 0 : exchangesIn(counts.cells),
    byStatusClass: Object.fromEntries(classes.map(([digit, count]) => [`${digit}xx`, count])),
    failures: Object.fromEntries(counts?.failures ?? []),
  };
}
