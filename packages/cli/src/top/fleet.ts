// What several routers tell of the same routes, as one table: rates add up, and the slowest router counts.

import type { HealthLevel, RouteView, Status, StreamMessage, Totals } from "@wayleave/records/api";

/** A route over all routers; a percentile is that of the router that is worst, since percentiles do not add up. */
export interface TopRow {
  readonly host: string;
  readonly path: string;
  readonly apps: string;
  readonly requestsPerSecond: number;
  readonly errorShare: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly active: number;
  readonly health: HealthLevel;
  /** Instances that get requests, of all; as the router that knows the fewest says. */
  readonly live: number;
  readonly instances: number;
}

/** All routers together. */
export interface TopTotals {
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly active: number;
  readonly connections: number;
}

const LEVELS: readonly HealthLevel[] = ["ok", "degraded", "down"];

interface RouterState {
  status: Status | undefined;
  totals: Totals | undefined;
  readonly routes: Map<string, RouteView>;
  isWhole: boolean;
}

/** The last word of every router that is followed. */
export class Fleet {
  readonly #routers = new Map<string, RouterState>();

  /** A router is followed from now on: there is no whole without its word. */
  expect(router: string): void {
    if (!this.#routers.has(router)) this.#routers.set(router, newState());
  }

  /** Takes a message of a router's stream. */
  take(message: StreamMessage, router: string): void {
    if (message.kind === "begin") this.#routers.set(router, newState());
    const state = this.#routers.get(router);
    if (state === undefined) return;
    if (message.kind === "end") state.isWhole = true;
    if (message.kind === "status") state.status = message.status;
    if (message.kind === "totals") state.totals = message.totals.at(-1) ?? state.totals;
    if (message.kind === "routes") {
      for (const route of message.upserts) state.routes.set(keyOf(route), route);
      for (const gone of message.removes) state.routes.delete(keyOf(gone));
    }
    if (message.kind === "route-figures") {
      for (const { host, path, active, figures } of message.figures) {
        const known = state.routes.get(keyOf({ host, path }));
        if (known !== undefined) state.routes.set(keyOf(known), { ...known, active, figures });
      }
    }
  }

  /** The stream of a router ended: what it said is old. */
  lose(router: string): void {
    this.#routers.delete(router);
  }

  /** Whether every router that is followed has told all. */
  get isWhole(): boolean {
    return this.#routers.size > 0 && [...this.#routers.values()].every(({ isWhole }) => isWhole);
  }

  /** What the routers say of themselves. */
  statuses(): Status[] {
    return [...this.#routers.values()].flatMap(({ status }) => status ?? []);
  }

  /** All routers together. */
  totals(): TopTotals {
    const all = [...this.#routers.values()].flatMap(({ totals }) => totals ?? []);
    return {
      requestsPerSecond: sum(all.map((one) => one.requestsPerSecond)),
      errorsPerSecond: sum(all.map((one) => one.errorsPerSecond)),
      ...worstPercentiles(all),
      active: sum(all.map(({ active }) => active)),
      connections: sum(all.map(({ connections }) => connections)),
    };
  }

  /** The routes, in no order. */
  rows(): TopRow[] {
    const views = new Map<string, RouteView[]>();
    for (const { routes } of this.#routers.values()) {
      for (const [key, route] of routes) {
        const known = views.get(key);
        if (known === undefined) views.set(key, [route]);
        else known.push(route);
      }
    }
    return [...views.values()].flatMap((each) => (each[0] === undefined ? [] : join(each[0], each)));
  }
}

function newState(): RouterState {
  return { status: undefined, totals: undefined, routes: new Map(), isWhole: false };
}

function join(first: RouteView, views: readonly RouteView[]): TopRow {
  const figures = views.map((view) => view.figures);
  const requestsPerSecond = sum(figures.map((one) => one.requestsPerSecond));
  const errors = sum(figures.map((one) => one.requestsPerSecond * one.errorShare));
  const live = views.map(({ instances }) => instances.ready + instances.failing);
  const worst = Math.max(...views.map(({ health }) => LEVELS.indexOf(health.level)));
  return {
    host: first.host,
    path: first.path,
    apps: first.to.map(({ app, version }) => (version === undefined ? app : `${app}@${version}`)).join(", "),
    requestsPerSecond,
    errorShare: requestsPerSecond === 0 ? 0 : errors / requestsPerSecond,
    ...worstPercentiles(figures),
    active: sum(views.map(({ active }) => active)),
    health: LEVELS[worst] ?? "ok",
    live: Math.min(...live),
    instances: first.instances.total,
  };
}

type Percentiles = Pick<TopTotals, "p50Ms" | "p95Ms" | "p99Ms">;

function worstPercentiles(all: readonly Percentiles[]): Percentiles {
  return {
    p50Ms: most(all.map(({ p50Ms }) => p50Ms)),
    p95Ms: most(all.map(({ p95Ms }) => p95Ms)),
    p99Ms: most(all.map(({ p99Ms }) => p99Ms)),
  };
}

function most(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function keyOf({ host, path }: { readonly host: string; readonly path: string }): string {
  return host + path;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
