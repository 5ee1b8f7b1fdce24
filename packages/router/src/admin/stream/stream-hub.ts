// Tells all who listen what changes: rows at most four times a second, figures once a second, the state of the router at
// once. Every message is made once, however many listen; while nobody does, nothing is kept and nothing is made.

import { setImmediate } from "node:timers/promises";

import type { LiveEvent, RouteFigures, StreamMessage, Topic, Totals } from "@wayleave/records/api";
import type { ServerResponse } from "node:http";

import type { LiveListener } from "../../live/live.ts";
import { routeAt } from "../../live/health-book.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { TableChange } from "../../table/table-change.ts";
import type { AdminSources } from "../admin-sources.ts";
import { viewRejections } from "../status-api.ts";
import { viewStatus } from "../status-view.ts";
import { Views } from "../views.ts";
import { MessageRing } from "./message-ring.ts";
import { snapshot } from "./snapshot.ts";
import { StreamClient } from "./stream-client.ts";

const FLUSH_MS = 250;
const STATUS_EVERY_MS = 100;
const BEAT_MS = 5_000;
/** The last one to leave may be back soon. */
const LINGER_MS = 30_000;
const ROWS_EACH = 1_000;
const MOST_CLIENTS = 64;
/** Leases are told of by themselves only while they are few: etcd is asked for each of them. */
const MOST_LEASES = 200;

/** The stream of one router. */
export class StreamHub implements LiveListener {
  readonly #sources: AdminSources;
  readonly #ring = new MessageRing();
  readonly #clients = new Set<StreamClient>();
  #dirtyRoutes = new Set<string>();
  #dirtyApps = new Set<string>();
  #dirtyInstances = new Map<string, { readonly app: string; readonly id: string }>();
  #events: LiveEvent[] = [];
  #busyInstances: InstanceEntry[] = [];
  #told = new Map<Topic, string>();
  readonly #toldFigures = new Map<string, string>();
  #isStatusDue = false;
  #statusAt = 0;
  #isFlushing = false;
  #timers: NodeJS.Timeout[] = [];
  #linger: NodeJS.Timeout | undefined;

  constructor(sources: AdminSources) {
    this.#sources = sources;
  }

  get isFull(): boolean {
    return this.#clients.size >= MOST_CLIENTS;
  }

  /** Sends a stream until the reader is gone: what it missed, or a snapshot. */
  attach(response: ServerResponse, topics: ReadonlySet<Topic>, lastEventId: string | undefined): void {
    this.#wake();
    const after = this.#ring.resumable(lastEventId);
    const client = new StreamClient(response, this.#ring, topics, after ?? this.#ring.newest);
    this.#clients.add(client);
    response.once("close", () => this.#detach(client));
    if (after !== undefined) return client.pump();
    const id = this.#ring.idOf(this.#ring.newest);
    client.begin(snapshot(this.#sources, topics, id)).catch(() => client.destroy());
  }

  close(): void {
    this.#sleep();
    for (const client of this.#clients) client.destroy();
  }

  changing({ routes, instances }: TableChange): void {
    for (const { host, path } of routes) this.#dirtyRoutes.add(host + path);
    for (const { app, id } of instances) {
      this.#dirtyInstances.set(`${app}/${id}`, { app, id });
      this.#dirtyApps.add(app);
    }
  }

  happened(event: LiveEvent): void {
    this.#events.push(event);
    const { app, instance: id } = event;
    if (app !== undefined && id !== undefined) this.#dirtyInstances.set(`${app}/${id}`, { app, id });
  }

  statusChanged(): void {
    if (this.#isStatusDue) return;
    this.#isStatusDue = true;
    // At once, but a thousand bad records are not a thousand messages.
    const waitMs = Math.max(0, this.#statusAt + STATUS_EVERY_MS - performance.now());
    setTimeout(() => this.#tellStatus(), waitMs).unref();
  }

  pulsed(totals: Totals): void {
    const now = Date.now();
    this.#ring.push("totals", { kind: "totals", now, totals: [totals] });
    this.#pushStatus();
    this.#pushRouteFigures(now);
    this.#pumpAll();
    void this.#pushSlowly().catch(() => undefined);
  }

  tapped(): void {
    // The tap has its own stream.
  }

  #wake(): void {
    clearTimeout(this.#linger);
    if (this.#timers.length > 0) return;
    const { live } = this.#sources;
    live.listeners.add(this);
    live.health.look();
    live.health.listener = ({ apps, routes }) => {
      for (const app of apps) this.#dirtyApps.add(app);
      for (const route of routes) this.#dirtyRoutes.add(route);
    };
    this.#timers = [
      setInterval(() => void this.#flush(), FLUSH_MS).unref(),
      setInterval(() => {
        for (const client of this.#clients) client.beat();
      }, BEAT_MS).unref(),
    ];
  }

  #sleep(): void {
    clearTimeout(this.#linger);
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    const { live } = this.#sources;
    live.listeners.delete(this);
    live.health.listener = undefined;
    this.#ring.clear();
    this.#told.clear();
    this.#toldFigures.clear();
    this.#dirtyRoutes.clear();
    this.#dirtyApps.clear();
    this.#dirtyInstances.clear();
    this.#events = [];
    this.#busyInstances = [];
  }

  #detach(client: StreamClient): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#linger = setTimeout(() => this.#sleep(), LINGER_MS).unref();
  }

  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      this.#sources.live.health.look();
      const events = this.#events;
      this.#events = [];
      if (events.length > 0) this.#ring.push("events", { kind: "events", now: Date.now(), events });
      await this.#flushRows();
    } finally {
      this.#isFlushing = false;
    }
    this.#pumpAll();
  }

  // Every set is taken before its rows are made: what changes meanwhile is for the next time.
  async #flushRows(): Promise<void> {
    const [routes, apps, instances] = [this.#dirtyRoutes, this.#dirtyApps, this.#dirtyInstances];
    this.#dirtyRoutes = new Set();
    this.#dirtyApps = new Set();
    this.#dirtyInstances = new Map();
    for (const slice of slices([...routes])) {
      this.#ring.push("routes", this.#routeRows(slice));
      await setImmediate();
    }
    for (const slice of slices([...apps])) {
      this.#ring.push("apps", this.#appRows(slice));
      await setImmediate();
    }
    for (const slice of slices([...instances.values()])) {
      this.#ring.push("instances", this.#instanceRows(slice));
      await setImmediate();
    }
  }

  #routeRows(places: readonly string[]): StreamMessage {
    const views = new Views(this.#sources);
    const { table } = this.#sources;
    const entries = places.map((place) => routeAt(table, place));
    const removes = places.filter((_, at) => entries[at] === undefined).map(splitPlace);
    const upserts = entries.filter((entry) => entry !== undefined).map((entry) => views.route(entry));
    return { kind: "routes", now: Date.now(), upserts, removes };
  }

  #appRows(names: readonly string[]): StreamMessage {
    const views = new Views(this.#sources);
    const { health } = this.#sources.live;
    const removes = names.filter((app) => !health.hasApp(app)).map((app) => ({ app }));
    const upserts = names.filter((app) => health.hasApp(app)).map((app) => views.app(app));
    return { kind: "apps", now: Date.now(), upserts, removes };
  }

  #instanceRows(places: readonly { readonly app: string; readonly id: string }[]): StreamMessage {
    const views = new Views(this.#sources);
    const { table } = this.#sources;
    const entries = places.map(({ app, id }) => table.app(app)?.instances.get(id));
    const removes = places.filter((_, at) => entries[at] === undefined);
    const upserts = entries.filter((entry) => entry !== undefined).map((entry) => views.instance(entry));
    return { kind: "instances", now: Date.now(), upserts, removes };
  }

  #tellStatus(): void {
    this.#isStatusDue = false;
    this.#statusAt = performance.now();
    if (this.#timers.length === 0) return;
    this.#pushStatus();
    this.#pushIfNew("rejected", { kind: "rejected", now: 0, rejected: viewRejections(this.#sources) });
    this.#pumpAll();
  }

  #pushStatus(): void {
    const status = viewStatus(this.#sources);
    this.#ring.push("status", { kind: "status", now: Date.now(), status });
  }

  #pushRouteFigures(now: number): void {
    const { live, table } = this.#sources;
    const places = live.figures.takeChanged();
    if (!this.#isWanted("routes") || places.length === 0) return;
    const views = new Views(this.#sources);
    const entries = places.map((place) => routeAt(table, place)).filter((entry) => entry !== undefined);
    const figures = entries.map((entry) => views.routeFigures(entry)).filter((each) => this.#isNews(each));
    if (figures.length === 0) return;
    this.#ring.push("routes", { kind: "route-figures", now, figures });
  }

  // A window may slide on without anything falling out of it.
  #isNews({ host, path, active, figures }: RouteFigures): boolean {
    const place = host + path;
    const { requestsPerSecond, errorShare, p50Ms, p99Ms, lastRequestAt } = figures;
    const text = [active, requestsPerSecond, errorShare, p50Ms, p99Ms, lastRequestAt].join();
    if (this.#toldFigures.get(place) === text) return false;
    if (requestsPerSecond === 0) this.#toldFigures.delete(place);
    else this.#toldFigures.set(place, text);
    return true;
  }

  // What others have to be asked for.
  async #pushSlowly(): Promise<void> {
    const { replicas } = this.#sources;
    if (this.#isWanted("replicas")) {
      this.#pushIfNew("replicas", { kind: "replicas", now: 0, replicas: await replicas.look() });
    }
    if (this.#isWanted("instances")) await this.#pushInstanceFigures();
    this.#pumpAll();
  }

  // Of instances that are busy or failing, of those that were until now, and of those whose lease is known.
  async #pushInstanceFigures(): Promise<void> {
    const { plane, table, live, leases } = this.#sources;
    const states = await plane.refreshInstances();
    live.shares.add(states, Date.now());
    const busy = states
      .map(({ app, id }) => table.app(app)?.instances.get(id))
      .filter((entry) => entry !== undefined);
    const isFew = table.instanceCount <= MOST_LEASES;
    const told = isFew ? [...table.instances()] : [...new Set([...busy, ...this.#busyInstances])];
    this.#busyInstances = busy;
    if (isFew) await leases.look(told);
    const views = new Views(this.#sources);
    const figures = told.filter(({ isGone }) => !isGone).map((entry) => views.instanceFigures(entry));
    if (figures.length === 0) return;
    this.#pushIfNew("instances", { kind: "instance-figures", now: 0, figures });
  }

  /** Pushes a message unless it says what the last one of its kind said; its `now` is set here. */
  #pushIfNew(topic: Topic, message: StreamMessage): void {
    const text = JSON.stringify(message);
    if (this.#told.get(topic) === text) return;
    this.#told.set(topic, text);
    this.#ring.push(topic, { ...message, now: Date.now() });
  }

  #isWanted(topic: Topic): boolean {
    return [...this.#clients].some(({ topics }) => topics.has(topic));
  }

  #pumpAll(): void {
    for (const client of this.#clients) client.pump();
  }
}

function* slices<T>(rows: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_EACH) yield rows.slice(at, at + ROWS_EACH);
}

function splitPlace(place: string): { host: string; path: string } {
  const slash = place.indexOf("/");
  return { host: place.slice(0, slash), path: place.slice(slash) };
}
