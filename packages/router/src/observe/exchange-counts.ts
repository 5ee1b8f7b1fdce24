// Request path 7 of 7: read -> match -> pick -> connect -> forward -> relay -> COUNT.

import type { Exchanges } from "../request/exchange.ts";
import type { ExchangeSummary } from "../request/exchange-summary.ts";
import { FAILURES, type FailureCode } from "../request/failures.ts";
import type { Table } from "../table/table.ts";
import {
  type CountsDelta,
  type RoutesDelta,
  addFailures,
  addHistogram,
  takeFailures,
  takeHistogram,
} from "./counts-delta.ts";
import { ConnectionCounts } from "./connection-counts.ts";
import { Histogram, OWN_BOUNDS, REQUEST_BOUNDS, ROUTE_BOUNDS } from "./histogram.ts";
import { BUCKETS, DURATION_SUM, ERRORS, RECEIVED, SENT, WIDTH, addCells } from "./route-cells.ts";
import type { SpanCounts } from "./traces/span-counts.ts";

/** So many routes have a label of their own in the metrics, and so many a histogram: every one costs 16 series. */
const MOST_LABELS = 1_000;
const MOST_HISTOGRAMS = 100;

type Place = NonNullable<ExchangeSummary["route"]>;

/** What is counted of one route, or of all that share a label. */
export interface RouteCounts {
  /** `host/path`; `none` and `other` have no slash. */
  readonly label: string;
  /** See route-cells.ts. */
  readonly cells: Float64Array;
  readonly failures: Map<FailureCode, number>;
  /** Whether the metrics have it by its own label, and its durations. Else it is part of `other` there. */
  readonly hasLabel: boolean;
  readonly hasHistogram: boolean;
  /** Something was counted since the last {@link ExchangeCounts.take}. */
  isFresh: boolean;
}

/** Counts exchanges. Beside the first of a route, counting one allocates nothing. */
export class ExchangeCounts {
  readonly instanceDuration = new Histogram(REQUEST_BOUNDS);
  readonly ownDuration = new Histogram(OWN_BOUNDS);
  readonly retries = new Map<FailureCode, number>();
  readonly connections = new ConnectionCounts();
  upgrades = 0;
  total = 0;
  /** Exchanges that have begun and are not over. */
  active = 0;
  /** What became of the spans that were made of exchanges. */
  readonly spans: SpanCounts;
  readonly #none = newCounts("none", { hasLabel: true, hasHistogram: true });
  // Of routes that are gone and had no label.
  readonly #other = newCounts("other", { hasLabel: true, hasHistogram: true });
  readonly #byPlace = new Map<string, RouteCounts>();
  // The table gives the same object for a route until its record changes: no string is built.
  #byRoute = new WeakMap<Place, RouteCounts>();
  #labels = 0;
  #histograms = 0;
  #fresh: RouteCounts[] = [];
  readonly #isRoute: (host: string, path: string) => boolean;

  /**
   * `isRoute`: exchanges end after their route is gone, too; these are counted as `other`. `spans`: what is counted where
   * they are sent; default: none.
   */
  constructor(
    isRoute: (host: string, path: string) => boolean = () => true,
    spans: SpanCounts = { exported: 0, dropped: 0 },
  ) {
    this.#isRoute = isRoute;
    this.spans = spans;
  }

  /** What the metrics tell by route: at most 1,000 of them, and the rest put together as `other`. */
  routes(): RouteCounts[] {
    const other = newCounts("other", { hasLabel: true, hasHistogram: true });
    mergeCounts(other, this.#other);
    const told = [this.#none];
    for (const counts of this.#byPlace.values()) {
      if (counts.hasLabel) told.push(counts);
      else mergeCounts(other, counts);
      if (counts.hasLabel && !counts.hasHistogram) mergeDurations(other, counts);
    }
    return [...told, other];
  }

  /** What was counted of a route; undefined when nothing was. */
  of({ host, path }: Place): RouteCounts | undefined {
    return this.#byPlace.get(host + path);
  }

  /** Counts the beginning of every exchange; {@link ExchangeCounts.observe} counts its end. */
  counting(exchanges: Exchanges): Exchanges {
    return {
      open: (head, client) => {
        this.active += 1;
        return exchanges.open(head, client);
      },
      refuse: (failure, client, detail) => {
        this.active += 1;
        return exchanges.refuse(failure, client, detail);
      },
    };
  }

  /** An {@link ExchangeObserver}. */
  readonly observe = (summary: ExchangeSummary): void => {
    const counts = this.#countsOf(summary.route);
    if (!counts.isFresh) this.#freshen(counts);
    const { cells } = counts;
    const { status, failure } = summary;
    const digit = Math.trunc(status / 100);
    cells[digit] = (cells[digit] ?? 0) + 1;
    cells[RECEIVED] = (cells[RECEIVED] ?? 0) + summary.bytesIn;
    cells[SENT] = (cells[SENT] ?? 0) + summary.bytesOut;
    this.total += 1;
    this.active -= 1;
    if (failure !== undefined) add(counts.failures, failure);
    if (digit === 5 || (failure !== undefined && FAILURES[failure].fault !== "client")) {
      cells[ERRORS] = (cells[ERRORS] ?? 0) + 1;
    }
    for (const retried of summary.retried) add(this.retries, retried);
    // A WebSocket's hours would say nothing of how long requests take.
    if (summary.isUpgraded) this.upgrades += 1;
    else this.#observeDurations(cells, summary);
  };

  /** The route is gone from the table: its label becomes free. */
  forget(host: string, path: string): void {
    const counts = this.#byPlace.get(host + path);
    if (counts === undefined) return;
    this.#byPlace.delete(counts.label);
    this.#byRoute = new WeakMap();
    // What was told as `other` must not become less.
    if (!counts.hasLabel) mergeCounts(this.#other, counts);
    else if (!counts.hasHistogram) mergeDurations(this.#other, counts);
    if (counts.hasLabel) this.#labels -= 1;
    if (counts.hasHistogram) this.#histograms -= 1;
  }

  /** Takes all that was counted since the last time; undefined when nothing was. What is `active` stays. */
  take(): CountsDelta | undefined {
    const { total, upgrades } = this;
    const spans = { ...this.spans };
    const connections = this.connections.take();
    const hasSpans = spans.exported + spans.dropped > 0;
    if (total === 0 && !hasSpans && connections === undefined) return undefined;
    this.total = 0;
    this.upgrades = 0;
    Object.assign(this.spans, { exported: 0, dropped: 0 });
    return {
      total,
      upgrades,
      spans,
      connections,
      routes: this.#takeRoutes(),
      instanceDuration: takeHistogram(this.instanceDuration),
      ownDuration: takeHistogram(this.ownDuration),
      retries: takeFailures(this.retries),
    };
  }

  /** Adds what {@link ExchangeCounts.take} gave elsewhere. */
  add(delta: CountsDelta): void {
    this.total += delta.total;
    this.upgrades += delta.upgrades;
    this.spans.exported += delta.spans.exported;
    this.spans.dropped += delta.spans.dropped;
    if (delta.connections !== undefined) this.connections.add(delta.connections);
    addHistogram(this.instanceDuration, delta.instanceDuration);
    addHistogram(this.ownDuration, delta.ownDuration);
    addFailures(this.retries, delta.retries);
    const { labels, cells, failures } = delta.routes;
    for (const [at, label] of labels.entries()) addCells(this.#labelled(label).cells, cells, at * WIDTH);
    for (const [at, more] of failures) addFailures(this.#labelled(labels[at] ?? "").failures, more);
  }

  #freshen(counts: RouteCounts): void {
    counts.isFresh = true;
    this.#fresh.push(counts);
  }

  #takeRoutes(): RoutesDelta {
    const fresh = this.#fresh;
    this.#fresh = [];
    const cells = new Float64Array(fresh.length * WIDTH);
    const failures = new Map<number, Map<FailureCode, number>>();
    for (const [at, counts] of fresh.entries()) {
      cells.set(counts.cells, at * WIDTH);
      counts.cells.fill(0);
      if (counts.failures.size > 0) failures.set(at, takeFailures(counts.failures));
      counts.isFresh = false;
    }
    return { labels: fresh.map(({ label }) => label), cells, failures };
  }

  // A place has a slash: it is never one of these two words.
  #labelled(label: string): RouteCounts {
    if (label === this.#none.label) return this.#none;
    return label === this.#other.label ? this.#other : this.#countsAt(label);
  }

  #observeDurations(cells: Float64Array, summary: ExchangeSummary): void {
    const seconds = summary.totalMs / 1_000;
    let bucket = 0;
    while (bucket < ROUTE_BOUNDS.length && seconds > (ROUTE_BOUNDS[bucket] ?? 0)) bucket += 1;
    cells[BUCKETS + bucket] = (cells[BUCKETS + bucket] ?? 0) + 1;
    cells[DURATION_SUM] = (cells[DURATION_SUM] ?? 0) + seconds;
    this.ownDuration.observe(summary.ownMs / 1_000);
    if (summary.attempts > 0) this.instanceDuration.observe(summary.instanceMs / 1_000);
  }

  #countsOf(route: Place | undefined): RouteCounts {
    if (route === undefined) return this.#none;
    const known = this.#byRoute.get(route);
    if (known !== undefined) return known;
    const counts = this.#countsAt(route.host + route.path);
    this.#byRoute.set(route, counts);
    return counts;
  }

  #countsAt(place: string): RouteCounts {
    const known = this.#byPlace.get(place);
    if (known !== undefined) return known;
    const slash = place.indexOf("/");
    if (!this.#isRoute(place.slice(0, slash), place.slice(slash))) return this.#other;
    const hasLabel = this.#labels < MOST_LABELS;
    const hasHistogram = hasLabel && this.#histograms < MOST_HISTOGRAMS;
    if (hasLabel) this.#labels += 1;
    if (hasHistogram) this.#histograms += 1;
    const counts = newCounts(place, { hasLabel, hasHistogram });
    this.#byPlace.set(place, counts);
    return counts;
  }
}

/** Counts of the routes of a table. */
export function countsUnder(table: Pick<Table, "route">, spans?: SpanCounts): ExchangeCounts {
  return new ExchangeCounts((host, path) => table.route(host, path) !== undefined, spans);
}

function newCounts(label: string, told: Pick<RouteCounts, "hasLabel" | "hasHistogram">): RouteCounts {
  return { label, cells: new Float64Array(WIDTH), failures: new Map(), ...told, isFresh: false };
}

function mergeCounts(to: RouteCounts, { cells, failures }: RouteCounts): void {
  addCells(to.cells, cells);
  addFailures(to.failures, failures);
}

function mergeDurations(to: RouteCounts, { cells }: RouteCounts): void {
  for (let cell = DURATION_SUM; cell < WIDTH; cell += 1)
    to.cells[cell] = (to.cells[cell] ?? 0) + (cells[cell] ?? 0);
}

function add(counts: Map<FailureCode, number>, failure: FailureCode): void {
  counts.set(failure, (counts.get(failure) ?? 0) + 1);
}
