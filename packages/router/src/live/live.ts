// What an operator looks at: figures of the last seconds, health, and what happened. The config path and the data plane
// tell it what they do; it tells those who listen. It changes nothing, and nothing waits for it.

import type { LiveEvent, Named, Totals } from "@wayleave/records/api";
import type { Keys } from "@wayleave/records";
import type { SnapshotReason } from "@wayleave/store";

import type { Rejection } from "../control/accepted-records.ts";
import type { Control } from "../control/control.ts";
import type { ControlObserver } from "../control/control-observer.ts";
import type { DataPlane, Ejection } from "../data-plane.ts";
import type { TapBatch } from "../observe/tap.ts";
import type { TableChange } from "../table/table-change.ts";
import type { FleetNews } from "../workers/worker-fleet.ts";
import { EventLog, type NewEvent } from "./event-log.ts";
import { HealthBook } from "./health-book.ts";
import { InstanceShares } from "./instance-shares.ts";
import { LiveFigures } from "./live-figures.ts";
import { eventsOf } from "./table-events.ts";

const PULSE_MS = 1_000;

/** What live things are told from. */
export interface LiveSources {
  readonly plane: DataPlane;
  readonly keys: Keys;
  readonly records: Pick<Control["records"], "rejections" | "at" | "suspectCount">;
}

/** Told as it happens. Must not throw. */
export interface LiveListener {
  /** Before the table has it. */
  changing(change: TableChange): void;
  happened(event: LiveEvent): void;
  /** The link to etcd, a guard or a rejection changed. */
  statusChanged(): void;
  /** A second is over. */
  pulsed(totals: Totals): void;
  tapped(batch: TapBatch): void;
}

/** Knows nothing before {@link Live.use}, and no figures before {@link Live.start}. */
export class Live {
  readonly figures = new LiveFigures();
  readonly events = new EventLog();
  readonly shares = new InstanceShares();
  readonly listeners = new Set<LiveListener>();
  #sources: LiveSources | undefined;
  #health: HealthBook | undefined;
  #isLinkLost = false;
  readonly #ejected = new Map<string, Ejection>();
  #timer: NodeJS.Timeout | undefined;
  #isPulsing = false;

  /** The parts that it tells of tell it what they do: they are made first. */
  use(sources: LiveSources): void {
    this.#sources = sources;
    this.#health = new HealthBook(sources.plane.table, () => sources.records.suspectCount > 0);
  }

  start(): void {
    this.#timer = setInterval(() => void this.#pulse(), PULSE_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  get health(): HealthBook {
    if (this.#health === undefined) throw new Error("it was not told of what");
    return this.#health;
  }

  /** The instances that are left out now because their TLS handshake fails. */
  get distrusted(): Named {
    const out = [...this.#ejected.values()].filter(({ tlsFailure }) => tlsFailure !== undefined);
    return { count: out.length, names: out.map(({ app, id }) => `${app}/${id}`) };
  }

  #applying(change: TableChange): void {
    if (this.#sources === undefined) return;
    const { plane, records, keys } = this.#sources;
    const facts = {
      table: plane.table,
      ownerInstead: (app: string, id: string): string | undefined =>
        records.at(keys.instance(app, id))?.owner,
    };
    // The first table is no news.
    if (plane.table.revision > 0) for (const event of eventsOf(change, facts)) this.happened(event);
    for (const { host, path, route } of change.routes) if (route === null) this.figures.forget(host + path);
    this.#health?.applying(change);
    for (const listener of this.listeners) listener.changing(change);
  }

  /** Notes what happened. */
  happened(event: NewEvent): LiveEvent {
    const added = this.events.add(event);
    for (const listener of this.listeners) listener.happened(added);
    return added;
  }

  /** What the config path tells. */
  readonly observer: ControlObserver = {
    changeApplied: () => undefined,
    listed: (reason, differences) => this.#listed(reason, differences),
    watchEnded: () => undefined,
    audited: () => undefined,
    linkChanged: (isLive, { endpoint, error }) => this.#linkChanged(isLive, endpoint, error),
    rejected: (rejection) => this.#rejected(rejection),
    accepted: (key, revision) => {
      this.happened({ kind: "accepted", text: `${key} is good again`, key, revision });
      this.#statusChanged();
    },
    held: (removals) => this.#held(removals),
    suspected: (suspects) => {
      const text = `${suspects} instances vanished at once: rather etcd than they; they are kept as last choice`;
      if (suspects > 0) this.happened({ kind: "suspect", level: "error", text });
      this.#statusChanged();
    },
  };

  /** What the data plane tells. */
  readonly news: Omit<FleetNews, "suspectRefused"> = {
    applying: (change) => this.#applying(change),
    counted: (delta) => this.figures.add(delta, Date.now()),
    ejectionChanged: (ejection) => this.#ejectionChanged(ejection),
    tapped: (batch) => {
      for (const listener of this.listeners) listener.tapped(batch);
    },
    workerServing: ({ place, pid }) => {
      this.happened({ kind: "worker-started", text: `worker ${place} serves (process ${pid})` });
      this.#statusChanged();
    },
    workerEnded: ({ place, pid }, { isLoss, signal, code }) => {
      const how = isLoss ? `was lost: ${signal ?? `exit code ${code}`}` : "ended";
      const text = `worker ${place} (process ${pid}) ${how}`;
      this.happened({ kind: "worker-ended", level: isLoss ? "error" : "info", text });
      this.#statusChanged();
    },
  };

  #statusChanged(): void {
    for (const listener of this.listeners) listener.statusChanged();
  }

  #listed(reason: SnapshotReason, differences: number): void {
    if (reason === "audit" && differences === 0) return;
    const text = `the table was listed anew (${reason}): ${differences} records differed`;
    this.happened({ kind: "table-replaced", text, revision: this.#sources?.plane.table.revision ?? null });
    this.#statusChanged();
  }

  #linkChanged(isLive: boolean, endpoint: string, error: string | undefined): void {
    if (isLive === !this.#isLinkLost) return;
    this.#isLinkLost = !isLive;
    if (isLive) this.happened({ kind: "etcd-back", text: `etcd is back at ${endpoint}` });
    else {
      const text = `etcd is lost (${error ?? "the watch ended"}); the last known table stays in force`;
      this.happened({ kind: "etcd-lost", level: "error", text });
    }
    this.#statusChanged();
  }

  #rejected({ key, reason, revision, inForce }: Rejection): void {
    const kept = inForce === undefined ? "nothing is in force there" : `revision ${inForce} stays in force`;
    const text = `${key} was rejected: ${reason}; ${kept}`;
    this.happened({ kind: "rejected", level: "warn", text, key, revision });
    this.#statusChanged();
  }

  #held(removals: number): void {
    if (removals > 0) {
      const text = `${removals} removals are held back: a list lost most of the table`;
      this.happened({ kind: "held", level: "error", text });
    } else this.happened({ kind: "hold-ended", text: "no removal is held back any more" });
    this.#statusChanged();
  }

  #ejectionChanged(ejection: Ejection): void {
    const { app, id, ejectedUntil, tlsFailure } = ejection;
    const key = `${app}/${id}`;
    const now = Date.now();
    const wasOut = this.#ejected.has(key);
    if (ejectedUntil > now) {
      this.#ejected.set(key, ejection);
      const seconds = Math.round((ejectedUntil - now) / 1_000);
      const why = tlsFailure === undefined ? "" : `, for its TLS handshake fails: ${tlsFailure}`;
      const text = `${key} fails and is left out for ${seconds} s${why}`;
      if (!wasOut) this.happened({ kind: "ejected", level: "warn", text, app, instance: id });
    } else if (wasOut) this.#returned(ejection, "answers again");
    this.#health?.instanceChanged(app);
    this.#statusChanged();
  }

  #returned({ app, id }: Ejection, how: string): void {
    this.#ejected.delete(`${app}/${id}`);
    this.#health?.instanceChanged(app);
    this.happened({ kind: "returned", text: `${app}/${id} ${how}`, app, instance: id });
  }

  async #pulse(): Promise<void> {
    if (this.#isPulsing || this.#sources === undefined) return;
    this.#isPulsing = true;
    try {
      const { plane } = this.#sources;
      await plane.refresh();
      const now = Date.now();
      for (const ejection of this.#ejected.values()) this.#letReturn(ejection, now);
      const { active } = plane.exchangeCounts;
      const totals = this.figures.tick(now, { active, connections: plane.engine.connections });
      for (const listener of this.listeners) listener.pulsed(totals);
    } finally {
      this.#isPulsing = false;
    }
  }

  #letReturn(ejection: Ejection, now: number): void {
    const { app, id, ejectedUntil } = ejection;
    const entry = this.#sources?.plane.table.app(app)?.instances.get(id);
    if (entry === undefined) this.#ejected.delete(`${app}/${id}`);
    else if (ejectedUntil <= now) this.#returned(ejection, "gets requests again, on trial");
  }
}
