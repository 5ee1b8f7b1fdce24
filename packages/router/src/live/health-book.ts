// The health of every app and route, kept up to date by what changes: a look at all of it costs what changed since the
// last one, and not the table.

import {
  type Health,
  type InstanceCounts,
  type Named,
  appHealth,
  conditionOf,
  countInstances,
  routeHealth,
} from "@wayleave/records/api";
import type { Destination } from "@wayleave/records";

import type { InstanceEntry } from "../table/instance-entry.ts";
import type { RouteEntry } from "../table/route-entry.ts";
import type { TableChange } from "../table/table-change.ts";
import type { Table } from "../table/table.ts";

const MOST_NAMES = 5;
const NO_INSTANCES: readonly InstanceEntry[] = [];

/** An app, rolled up. */
export interface AppHealth {
  readonly counts: InstanceCounts;
  readonly health: Health;
}

/** Told what differs since the last look: names of apps, and places of routes as `host/path`. */
export type HealthListener = (changed: {
  readonly apps: ReadonlySet<string>;
  readonly routes: ReadonlySet<string>;
}) => void;

/** Nothing is kept before the first look. */
export class HealthBook {
  readonly #table: Table;
  readonly #isMassExpiry: () => boolean;
  readonly #apps = new Map<string, AppHealth>();
  readonly #routesTo = new Map<string, Set<string>>();
  /** Apps without an instance, that routes lead to. */
  readonly #unserved = new Set<string>();
  /** Of routes that are not ok. */
  readonly #bad = new Map<string, Health>();
  #dirtyApps = new Set<string>();
  #dirtyRoutes = new Set<string>();
  #isKept = false;
  #wasMassExpiry = false;
  /** Set it to be told. */
  listener: HealthListener | undefined;

  constructor(table: Table, isMassExpiry: () => boolean) {
    this.#table = table;
    this.#isMassExpiry = isMassExpiry;
  }

  /** To be called before the table applies a change. */
  applying({ routes, instances }: TableChange): void {
    if (!this.#isKept) return;
    for (const { app } of instances) this.#dirtyApps.add(app);
    for (const { host, path, route } of routes) {
      const place = host + path;
      for (const { app } of this.#table.route(host, path)?.record.to ?? []) this.#unlink(app, place);
      for (const { app } of route?.to ?? []) this.#link(app, place);
      this.#dirtyRoutes.add(place);
    }
  }

  /** An instance of an app was ejected, or is back. */
  instanceChanged(app: string): void {
    if (this.#isKept) this.#dirtyApps.add(app);
  }

  /** Brings everything up to now. */
  look(): void {
    if (!this.#isKept) this.#keep();
    if (this.#isMassExpiry() !== this.#wasMassExpiry) {
      this.#wasMassExpiry = this.#isMassExpiry();
      for (const app of this.#apps.keys()) this.#dirtyApps.add(app);
    }
    if (this.#dirtyApps.size + this.#dirtyRoutes.size === 0) return;
    const apps = this.#dirtyApps;
    const routes = this.#dirtyRoutes;
    this.#dirtyApps = new Set();
    this.#dirtyRoutes = new Set();
    for (const app of apps) {
      this.#rollUpApp(app);
      for (const place of this.#routesTo.get(app) ?? []) routes.add(place);
    }
    for (const place of routes) this.#rollUpRoute(place);
    this.listener?.({ apps, routes });
  }

  /** As of the last look. */
  app(name: string): AppHealth {
    return this.#apps.get(name) ?? this.#appHealthOf(name, NO_INSTANCES);
  }

  /** The apps that have an instance, and those that routes lead to, as of the last look. */
  *appNames(): Iterable<string> {
    for (const { name } of this.#table.apps()) yield name;
    yield* this.#unserved;
  }

  /** How many {@link HealthBook.appNames} there are. */
  get appCount(): number {
    return this.#table.appCount + this.#unserved.size;
  }

  /** Whether it is one of {@link HealthBook.appNames}. */
  hasApp(name: string): boolean {
    return this.#table.app(name) !== undefined || this.#routesTo.has(name);
  }

  /** How many routes lead to an app. */
  routeCount(app: string): number {
    return this.#routesTo.get(app)?.size ?? 0;
  }

  /** The places of the routes that lead to an app. */
  routesTo(app: string): Iterable<string> {
    return this.#routesTo.get(app) ?? [];
  }

  /** As of the last look. */
  route(place: string): Health {
    return this.#bad.get(place) ?? { level: "ok", reasons: [] };
  }

  /** The routes that are down, and those that are degraded, as of the last look. */
  bad(): { readonly down: Named; readonly degraded: Named } {
    const down: string[] = [];
    const degraded: string[] = [];
    for (const [place, { level }] of this.#bad) (level === "down" ? down : degraded).push(place);
    return { down: named(down), degraded: named(degraded) };
  }

  /** How many routes are not ok, as of a look now. */
  unhealthyRoutes(): { readonly down: number; readonly degraded: number } {
    this.look();
    const { down, degraded } = this.bad();
    return { down: down.count, degraded: degraded.count };
  }

  /** The instances that destinations select, each counted once. */
  destinationCounts(to: readonly Destination[]): InstanceCounts {
    const sum = { total: 0, ready: 0, failing: 0, draining: 0, ejected: 0, suspect: 0 };
    const whole = new Set(to.filter(({ version }) => version === undefined).map(({ app }) => app));
    const versions = new Map(
      to
        .filter(({ app }) => !whole.has(app))
        .map(({ app, version = "" }) => [`${app}@${version}`, { app, version }]),
    );
    for (const app of whole) addCounts(sum, this.app(app).counts);
    for (const { app, version } of versions.values())
      addCounts(sum, this.#versionHealth(app, version).counts);
    return sum;
  }

  #keep(): void {
    this.#isKept = true;
    for (const app of this.#table.apps()) this.#dirtyApps.add(app.name);
    for (const { host, path, record } of this.#table.routes()) {
      for (const { app } of record.to) this.#link(app, host + path);
      this.#dirtyRoutes.add(host + path);
    }
  }

  #link(app: string, place: string): void {
    const places = this.#routesTo.get(app);
    if (places === undefined) this.#routesTo.set(app, new Set([place]));
    else places.add(place);
    this.#dirtyApps.add(app);
  }

  #unlink(app: string, place: string): void {
    this.#dirtyApps.add(app);
    const places = this.#routesTo.get(app);
    places?.delete(place);
    if (places?.size === 0) this.#routesTo.delete(app);
  }

  #rollUpApp(name: string): void {
    const instances = this.#table.app(name)?.instances;
    if (instances === undefined) this.#apps.delete(name);
    else this.#apps.set(name, this.#appHealthOf(name, instances.values()));
    if (instances === undefined && this.#routesTo.has(name)) this.#unserved.add(name);
    else this.#unserved.delete(name);
  }

  #rollUpRoute(place: string): void {
    const route = routeAt(this.#table, place);
    const health = route && this.#routeHealthOf(route);
    if (health === undefined || health.level === "ok") this.#bad.delete(place);
    else this.#bad.set(place, health);
  }

  #routeHealthOf({ record }: RouteEntry): Health {
    return routeHealth(
      record.to.map(({ app, version, weight = 1 }) => ({
        weight,
        health: version === undefined ? this.app(app).health : this.#versionHealth(app, version).health,
      })),
    );
  }

  #versionHealth(app: string, version: string): AppHealth {
    const instances = [...(this.#table.app(app)?.instances.values() ?? [])];
    const selected = instances.filter(({ record }) => record.version === version);
    return this.#appHealthOf(`${app}@${version}`, selected);
  }

  #appHealthOf(name: string, instances: Iterable<InstanceEntry>): AppHealth {
    const now = Date.now();
    const counts = countInstances(conditionsOf(instances, now));
    return { counts, health: appHealth(name, counts, { isMassExpiry: this.#isMassExpiry() }) };
  }
}

function addCounts(sum: InstanceCounts, more: InstanceCounts): void {
  sum.total += more.total;
  sum.ready += more.ready;
  sum.failing += more.failing;
  sum.draining += more.draining;
  sum.ejected += more.ejected;
  sum.suspect += more.suspect;
}

function named(places: readonly string[]): Named {
  return { count: places.length, names: places.slice(0, MOST_NAMES) };
}

/** The route at `host/path`. */
export function routeAt(table: Table, place: string): RouteEntry | undefined {
  const slash = place.indexOf("/");
  return table.route(place.slice(0, slash), place.slice(slash));
}

function* conditionsOf(instances: Iterable<InstanceEntry>, now: number) {
  for (const { record, ejectedUntil, failures } of instances) {
    yield conditionOf({ state: record.state, isSuspect: record.isSuspect, ejectedUntil, failures }, now);
  }
}
