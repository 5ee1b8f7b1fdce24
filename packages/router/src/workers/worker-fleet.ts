// The workers of a replica as one data plane: each has a place, a socket of its own, and the table. What control hands
// out goes to all of them; what they count comes back; one that ends is replaced.

import { setImmediate as nextTurn } from "node:timers/promises";

import type { Logger } from "pino";

import { DEFAULT_ENGINE, type DataPlane } from "../data-plane.ts";
import { type ExchangeCounts, countsUnder } from "../observe/exchange-counts.ts";
import { trustPeers } from "../request/trusted-peers.ts";
import type { EngineName, ListenAt } from "../router-settings.ts";
import type { TapRequest } from "../observe/tap.ts";
import type { RecordChanges, TableChange } from "../table/table-change.ts";
import type { Table } from "../table/table.ts";
import { ChangeFeed } from "./change-feed.ts";
import { ShownStates } from "./instance-states.ts";
import { ListeningSockets } from "./listening-sockets.ts";
import { Place } from "./place.ts";
import { type Replacement, replaceWorkers } from "./replace-workers.ts";
import { ShownTable } from "./shown-table.ts";
import { SilenceCheck } from "./silence-check.ts";
import { wholeTable } from "./whole-table.ts";
import { type InstanceState, PROTOCOL, type WorkerSettings } from "./worker-messages.ts";
import { type WorkerExit, type WorkerObserver, WorkerProcess } from "./worker-process.ts";
import { type WorkerView, viewWorker } from "./worker-view.ts";

const MOST_WORKERS = 256;
/** From the fork until it accepts, with a table of a million records on a busy machine. */
const START_MS = 60_000;
const TICK_MS = 1_000;

export interface FleetSettings {
  readonly count: number;
  /** For each worker, beside what this adds. */
  readonly worker: Omit<WorkerSettings, "protocol" | "place" | "workers" | "logLevel">;
  readonly logger: Logger;
  readonly news: FleetNews;
}

/** Told what happens in the workers, and to them. Must not throw. */
export interface FleetNews extends WorkerObserver {
  /** Before the table that is shown has a change. */
  applying(change: TableChange): void;
  workerServing(worker: { readonly place: number; readonly pid: number }): void;
  workerEnded(
    worker: { readonly place: number; readonly pid: number },
    exit: WorkerExit & { readonly isLoss: boolean },
  ): void;
}

/** A worker on its way; `fed` resolves once the table that there was is on its way to it. */
interface StartedWorker {
  readonly worker: WorkerProcess;
  readonly fed: Promise<void>;
}

/** The data plane of a replica with workers. Nothing runs before {@link WorkerFleet.start}. */
export class WorkerFleet implements DataPlane {
  readonly engineName: EngineName;
  readonly exchangeCounts: ExchangeCounts;
  readonly engine: DataPlane["engine"];
  /** Workers that ended without being told to, so far. */
  exits = 0;
  readonly #settings: FleetSettings;
  readonly #workers = new Set<WorkerProcess>();
  readonly #feed = new ChangeFeed(this.#workers);
  readonly #shown: ShownTable;
  readonly #shownStates: ShownStates;
  /** Started ahead, by place: each is taken by its place once there is something to serve. */
  #ahead = new Map<number, StartedWorker>();
  #places: readonly Place<WorkerProcess>[] = [];
  #sockets: ListeningSockets | undefined;
  #tlsSockets: ListeningSockets | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #isClosing = false;
  #reloading: Promise<void> = Promise.resolve();
  #taps: readonly TapRequest[] = [];

  /** Throws a RangeError for a setting that makes no sense: the workers are not there to say so. */
  constructor(settings: FleetSettings) {
    const { count, worker } = settings;
    if (!Number.isInteger(count) || count < 1 || count > MOST_WORKERS) {
      throw new RangeError(`${count} workers: not a whole number from 0 to ${MOST_WORKERS}`);
    }
    trustPeers(worker.trustedProxies ?? []);
    this.#settings = settings;
    this.engineName = worker.engine ?? DEFAULT_ENGINE;
    this.#shown = new ShownTable(worker, {
      applying: (change) => settings.news.applying(change),
      applied: ({ removed }) => {
        for (const { host, path } of removed) this.exchangeCounts.forget(host, path);
      },
    });
    this.#shownStates = new ShownStates(this.#shown.table);
    this.exchangeCounts = countsUnder(this.#shown.table);
    const sum = (what: "connections" | "instanceSessions"): number => this.#sum(what);
    this.engine = {
      listen: (at) => this.#listen(at),
      listenTls: (at) => this.#listenTls(at),
      get connections() {
        return sum("connections");
      },
      get instanceSessions() {
        return sum("instanceSessions");
      },
      close: () => this.#close(),
      destroy: () => this.#destroy(),
    };
  }

  /**
   * Starts the workers: they load their program while the table is on its way, and get it as every other change. They take
   * requests from `engine.listen` on.
   */
  start(): void {
    const silence = new SilenceCheck(performance.now());
    this.#ticker = setInterval(() => this.#tick(silence), TICK_MS).unref();
    for (let place = 0; place < this.count; place += 1) this.#ahead.set(place, this.#fork(place));
  }

  /** What the admin listener shows. */
  get table(): Table {
    this.#shown.show();
    return this.#shown.table;
  }

  /** How many places there are. */
  get count(): number {
    return this.#settings.count;
  }

  views(): WorkerView[] {
    return [...this.#workers].map(viewWorker);
  }

  prepare(records: RecordChanges, text?: string): Promise<void> {
    return this.#feed.prepare(records, text);
  }

  /** Resolves once every worker that takes requests has applied the change; one that ends counts no more. */
  apply(change: TableChange): Promise<void> {
    this.#shown.add(this.#feed.complete(change));
    const applied = this.#feed.apply(change);
    // The first table is shown while the workers take it: until it is sent they wait for this process.
    if (this.#listening().length > 0) this.#shown.show();
    return applied;
  }

  /** Makes the counts those of now, as far as the workers answer within a second. */
  async refresh(): Promise<void> {
    await Promise.all(this.#listening().map((worker) => worker.report()));
    this.exchangeCounts.active = this.#sum("active");
  }

  /** Shows in the table what the workers know of instances, and gives it. */
  async refreshInstances(): Promise<readonly InstanceState[]> {
    const told = await Promise.all(this.#listening().map((worker) => worker.instances()));
    const states = told.flat();
    this.#shownStates.show(states);
    return states;
  }

  /** Each worker samples for its share of the rate. */
  setTaps(requests: readonly TapRequest[]): void {
    this.#taps = requests.map((request) => ({ ...request, rate: request.rate / this.count }));
    for (const worker of this.#workers) worker.setTaps(this.#taps);
  }

  #listening(): WorkerProcess[] {
    return [...this.#workers].filter(({ isListening }) => isListening);
  }

  /** Replaces the workers one by one with the code that is on disk now; see {@link replaceWorkers}. */
  reload(): Promise<readonly Replacement[]> {
    const reloaded = this.#reloading.then(() => replaceWorkers(this.#places, this.#settings.logger));
    this.#reloading = reloaded.then(
      () => undefined,
      () => undefined,
    );
    return reloaded;
  }

  /** Binds; to be called before `#listen`, with which the workers begin to accept there too. */
  async #listenTls(at: Parameters<DataPlane["engine"]["listenTls"]>[0]): Promise<{ readonly port: number }> {
    if ("handle" in at) throw new TypeError("workers have sockets of their own");
    this.#tlsSockets = await ListeningSockets.bind(at, this.count);
    return { port: this.#tlsSockets.port };
  }

  async #listen(at: Parameters<DataPlane["engine"]["listen"]>[0]): Promise<{ readonly port: number }> {
    if ("handle" in at) throw new TypeError("workers have sockets of their own");
    const sockets = await ListeningSockets.bind(at satisfies ListenAt, this.count);
    this.#sockets = sockets;
    this.#places = Array.from(
      { length: this.count },
      (_, index) =>
        new Place({ index, start: () => this.#serve(index, sockets), logger: this.#settings.logger }),
    );
    const filled = Promise.all(this.#places.map((place) => place.fill()));
    await nextTurn();
    this.#shown.show();
    await filled;
    return { port: sockets.port };
  }

  /** Lets a worker with the table accept; rejects when it does not come so far. */
  async #serve(place: number, sockets: ListeningSockets): Promise<WorkerProcess> {
    if (this.#isClosing) throw new Error("the replica is closing");
    const { worker, fed } = this.#takeAhead(place) ?? this.#fork(place);
    const limit = setTimeout(() => worker.destroy(), START_MS);
    try {
      await fed;
      await worker.listen(sockets.at(place), this.#tlsSockets?.at(place));
      const { pid: workerPid, revision } = worker;
      this.#settings.logger.info({ worker: place, workerPid, revision }, "worker-serving");
      this.#settings.news.workerServing(worker);
      return worker;
    } finally {
      clearTimeout(limit);
    }
  }

  /** The worker that was started ahead for a place, unless it is gone since. */
  #takeAhead(place: number): StartedWorker | undefined {
    const started = this.#ahead.get(place);
    this.#ahead.delete(place);
    return started !== undefined && this.#workers.has(started.worker) ? started : undefined;
  }

  /** Starts a worker, and sends it the table. */
  #fork(place: number): StartedWorker {
    const { worker: settings, logger, news } = this.#settings;
    const worker = new WorkerProcess(
      { ...settings, protocol: PROTOCOL, place, workers: this.count, logLevel: logger.level },
      {
        ...news,
        counted: (counts) => {
          this.exchangeCounts.add(counts);
          news.counted(counts);
        },
        ejectionChanged: (ejection) => {
          this.#shownStates.eject(ejection);
          news.ejectionChanged(ejection);
        },
      },
    );
    if (this.#taps.length > 0) worker.setTaps(this.#taps);
    // In the same turn: from here on it gets every change, behind the table.
    this.#workers.add(worker);
    const fed = worker.feed(wholeTable(this.table));
    worker.prepare(this.#feed.preparedMessages());
    void worker.gone.then((exit) => this.#onGone(worker, exit));
    return { worker, fed };
  }

  #onGone(worker: WorkerProcess, exit: WorkerExit): void {
    this.#workers.delete(worker);
    const { logger } = this.#settings;
    const about = { worker: worker.place, workerPid: worker.pid, ...exit };
    const isLoss = !this.#isClosing && !worker.isRetired;
    this.#settings.news.workerEnded(worker, { ...exit, isLoss });
    if (!isLoss) return logger.info(about, "worker-ended");
    this.exits += 1;
    logger.error(about, "worker-lost");
  }

  #tick(silence: SilenceCheck): void {
    this.exchangeCounts.active = this.#sum("active");
    for (const worker of silence.stuckOf(this.#workers, performance.now())) {
      this.#settings.logger.error({ worker: worker.place, workerPid: worker.pid }, "worker-silent");
      worker.destroy();
    }
  }

  async #close(): Promise<void> {
    this.#stop();
    for (const worker of this.#workers) worker.drain();
    while (this.#workers.size > 0) await Promise.all([...this.#workers].map(({ gone }) => gone));
    this.exchangeCounts.active = 0;
  }

  #destroy(): void {
    this.#stop();
    for (const worker of this.#workers) worker.destroy();
  }

  #stop(): void {
    this.#isClosing = true;
    clearInterval(this.#ticker);
    for (const place of this.#places) place.close();
    this.#sockets?.close();
    this.#sockets = undefined;
    this.#tlsSockets?.close();
    this.#tlsSockets = undefined;
  }

  #sum(what: "connections" | "instanceSessions" | "active"): number {
    return [...this.#workers].reduce((total, worker) => total + worker[what], 0);
  }
}
