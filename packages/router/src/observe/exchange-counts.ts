// Request path 7 of 7: read -> match -> pick -> connect -> forward -> relay -> COUNT.

import type { Exchanges } from "../request/exchange.ts";
import type { ExchangeSummary } from "../request/exchange-summary.ts";
import type { FailureCode } from "../request/failures.ts";
import {
  type CountsDelta,
  type RouteDelta,
  addFailures,
  addHistogram,
  addNumbers,
  takeFailures,
  takeHistogram,
  takeNumbers,
} from "./counts-delta.ts";
import { Histogram, OWN_BOUNDS, REQUEST_BOUNDS } from "./histogram.ts";

/** So many routes have a label of their own, and so many a histogram: every one costs 16 series. */
const MOST_ROUTES = 1_000;
const MOST_ROUTE_HISTOGRAMS = 100;

type Place = NonNullable<ExchangeSummary["route"]>;

/** What is counted of one route, or of all that share a label. */
export interface RouteCounts {
  readonly label: string;
  /** By the first digit of the status. */
  readonly byStatusClass: Float64Array;
  readonly failures: Map<FailureCode, number>;
  receivedBytes: number;
  sentBytes: number;
  /** undefined: the durations are counted under `other`. */
  readonly duration: Histogram | undefined;
}

/** Counts exchanges. Beside the first of a route, counting one allocates nothing. */
export class ExchangeCounts {
  readonly instanceDuration = new Histogram(REQUEST_BOUNDS);
  readonly ownDuration = new Histogram(OWN_BOUNDS);
  readonly retries = new Map<FailureCode, number>();
  upgrades = 0;
  total = 0;
  /** Exchanges that have begun and are not over. */
  active = 0;
  readonly #none = newCounts("none", true);
  readonly #other = newCounts("other", true);
  readonly #byPlace = new Map<string, RouteCounts>();
  // The table gives the same object for a route until its record changes: no string is built.
  #byRoute = new WeakMap<Place, RouteCounts>();

  /** All that has been counted by route. */
  routes(): Iterable<RouteCounts> {
    return [this.#none, ...this.#byPlace.values(), this.#other];
  }

  /** What was counted of a route; undefined when nothing was, or under `other`. */
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
    const statusClass = Math.trunc(summary.status / 100);
    counts.byStatusClass[statusClass] = (counts.byStatusClass[statusClass] ?? 0) + 1;
    counts.receivedBytes += summary.bytesIn;
    counts.sentBytes += summary.bytesOut;
    this.total += 1;
    this.active -= 1;
    if (summary.failure !== undefined) add(counts.failures, summary.failure);
    for (const failure of summary.retried) add(this.retries, failure);
    // A WebSocket's hours would say nothing of how long requests take.
    if (summary.isUpgraded) this.upgrades += 1;
    else this.#observeDurations(counts, summary);
  };

  /** The route is gone from the table: its label becomes free. */
  forget(host: string, path: string): void {
    if (this.#byPlace.delete(host + path)) this.#byRoute = new WeakMap();
  }

  /** Takes all that was counted since the last time; undefined when nothing was. What is `active` stays. */
  take(): CountsDelta | undefined {
    const { total, upgrades } = this;
    if (total === 0) return undefined;
    this.total = 0;
    this.upgrades = 0;
    return {
      total,
      upgrades,
      routes: [...this.routes()].filter(hasCounted).map(takeRoute),
      instanceDuration: takeHistogram(this.instanceDuration),
      ownDuration: takeHistogram(this.ownDuration),
      retries: takeFailures(this.retries),
    };
  }

  /** Adds what {@link ExchangeCounts.take} gave in another process. */
  add(delta: CountsDelta): void {
    this.total += delta.total;
    this.upgrades += delta.upgrades;
    addHistogram(this.instanceDuration, delta.instanceDuration);
    addHistogram(this.ownDuration, delta.ownDuration);
    addFailures(this.retries, delta.retries);
    for (const route of delta.routes) this.#addRoute(route);
  }

  #addRoute(delta: RouteDelta): void {
    const counts = this.#labelled(delta.label);
    addNumbers(counts.byStatusClass, delta.byStatusClass);
    addFailures(counts.failures, delta.failures);
    counts.receivedBytes += delta.receivedBytes;
    counts.sentBytes += delta.sentBytes;
    const duration = counts.duration ?? this.#other.duration;
    if (delta.duration !== undefined && duration !== undefined) addHistogram(duration, delta.duration);
  }

  // A place has a slash: it is never one of these two words.
  #labelled(label: string): RouteCounts {
    if (label === this.#none.label) return this.#none;
    return label === this.#other.label ? this.#other : this.#countsAt(label);
  }

  #observeDurations(counts: RouteCounts, summary: ExchangeSummary): void {
    (counts.duration ?? this.#other.duration)?.observe(summary.totalMs / 1_000);
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
    if (this.#byPlace.size >= MOST_ROUTES) return this.#other;
    const counts = newCounts(place, this.#byPlace.size < MOST_ROUTE_HISTOGRAMS);
    this.#byPlace.set(place, counts);
    return counts;
  }
}

function hasCounted({ byStatusClass, duration }: RouteCounts): boolean {
  return byStatusClass.some((count) => count > 0) || duration?.counts.some((count) => count > 0) === true;
}

function takeRoute(counts: RouteCounts): RouteDelta {
  const { label, receivedBytes, sentBytes, duration } = counts;
  counts.receivedBytes = 0;
  counts.sentBytes = 0;
  return {
    label,
    receivedBytes,
    sentBytes,
    byStatusClass: takeNumbers(counts.byStatusClass),
    failures: takeFailures(counts.failures),
    duration: duration && takeHistogram(duration),
  };
}

function newCounts(label: string, hasHistogram: boolean): RouteCounts {
  return {
    label,
    byStatusClass: new Float64Array(10),
    failures: new Map(),
    receivedBytes: 0,
    sentBytes: 0,
    duration: hasHistogram ? new Histogram(REQUEST_BOUNDS) : undefined,
  };
}

function add(counts: Map<FailureCode, number>, failure: FailureCode): void {
  counts.set(failure, (counts.get(failure) ?? 0) + 1);
}
