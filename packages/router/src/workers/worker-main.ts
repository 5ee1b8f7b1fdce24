// The program of a worker: a data plane that is told its table by the main process. It opens nothing by itself.
//
// It ends when it is told to. When the main process is gone instead, it goes on serving the table that it has, for
// `orphanTimeoutMs`, and then finishes: a replica that starts meanwhile binds its own sockets beside these.

import { flushCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

import { pino } from "pino";

import { type LocalDataPlane, type PlaneNews, createDataPlane } from "../data-plane.ts";
import { startTracing } from "../observe/traces/start-tracing.ts";
import type { Tracing } from "../observe/traces/tracing.ts";
import { takeStates } from "./instance-states.ts";
import { leaveRoomForGarbage } from "./room-for-garbage.ts";
import { readChanges, readRecords } from "./split-change.ts";
import { type FromWorker, PROTOCOL, type ToWorker, type WorkerSettings } from "./worker-messages.ts";

const TICK_MS = 1_000;
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

class Worker {
  readonly #settings: WorkerSettings;
  readonly #logger: pino.Logger;
  readonly #tracing: Tracing | undefined;
  readonly #dataPlane: LocalDataPlane;
  #sequence = 0;
  #isAcknowledging = false;
  #isListening = false;
  #listeningTls: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;

  static async start(settings: WorkerSettings): Promise<Worker> {
    if (settings.protocol !== PROTOCOL) throw new Error(`main process speaks protocol ${settings.protocol}`);
    const logger = pino({ level: settings.logLevel }).child({ worker: settings.place });
    return new Worker(settings, logger, await startTracing(settings.traces, { id: settings.id, logger }));
  }

  private constructor(settings: WorkerSettings, logger: pino.Logger, tracing: Tracing | undefined) {
    this.#settings = settings;
    this.#logger = logger;
    this.#tracing = tracing;
    this.#dataPlane = createDataPlane({ ...settings, logger, news: NEWS, tracing });
    setInterval(() => this.#tick(), TICK_MS);
    process.on("disconnect", () => void this.#onOrphaned());
    // Sent to the whole process group, they are for the main process, which tells what is to be done.
    for (const signal of SIGNALS) process.on(signal, () => this.#onSignal(signal));
  }

  onMessage(message: ToWorker, handle: object | undefined): void {
    if (message.kind === "changes") this.#apply(message);
    else if (message.kind === "part") this.#dataPlane.prepare(readRecords(message.records));
    else if (message.kind === "report") void this.#report(message.ask);
    else if (message.kind === "tap") this.#dataPlane.setTaps(message.requests);
    else if (message.kind === "tell-instances") void this.#tellInstances(message.ask);
    else if (message.kind === "listen") void this.#listen(handle);
    else if (message.kind === "listen-tls") this.#listeningTls = this.#listenTls(handle);
    else if (message.kind === "retire") void this.#retire(message.limitMs);
    else if (message.kind === "drain") void this.#end();
  }

  #tick(): void {
    leaveRoomForGarbage();
    void this.#report(undefined);
  }

  #apply({ sequence, changes }: Extract<ToWorker, { kind: "changes" }>): void {
    for (const change of readChanges(changes)) this.#dataPlane.apply(change);
    if (sequence > 0) this.#sequence = sequence;
    // One answer for all that came in this turn.
    if (!this.#isAcknowledging) setImmediate(() => this.#acknowledge());
    this.#isAcknowledging = true;
  }

  #acknowledge(): void {
    this.#isAcknowledging = false;
    void tell({ kind: "applied", sequence: this.#sequence, revision: this.#dataPlane.table.revision });
  }

  async #report(ask: number | undefined): Promise<void> {
    const { exchangeCounts, engine } = this.#dataPlane;
    const { connections, instanceSessions } = engine;
    const counts = exchangeCounts.take();
    const { active } = exchangeCounts;
    const gauges = { connections, instanceSessions, active };
    await tell({ kind: "report", ask, counts, ...gauges, ...usageOfProcess() });
  }

  async #tellInstances(ask: number): Promise<void> {
    await tell({ kind: "instances", ask, rows: await takeStates(this.#dataPlane.table) });
  }

  async #listen(handle: object | undefined): Promise<void> {
    // For its successor, should it be killed: else what it compiled is kept when it ends by itself.
    flushCompileCache();
    await this.#listeningTls;
    await this.#dataPlane.engine.listen({ handle: socketOf(handle) });
    this.#isListening = true;
    await tell({ kind: "listening" });
  }

  async #listenTls(handle: object | undefined): Promise<void> {
    await this.#dataPlane.engine.listenTls({ handle: socketOf(handle) });
  }

  async #retire(limitMs: number): Promise<void> {
    const isOver = await Promise.race([
      this.#dataPlane.engine.retire().then(() => true),
      sleep(limitMs, false, { ref: false }),
    ]);
    if (!isOver) {
      this.#logger.warn({ connections: this.#dataPlane.engine.connections }, "retired-worker-cut");
      this.#dataPlane.engine.destroy();
    }
    await this.#end();
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (!process.connected && signal !== "SIGHUP") void this.#end();
  }

  async #onOrphaned(): Promise<void> {
    if (this.#ending !== undefined) return;
    if (!this.#isListening) process.exit(1);
    const { orphanTimeoutMs, drainTimeoutMs } = this.#settings;
    this.#logger.error({ orphanTimeoutMs }, "worker-orphaned");
    await sleep(orphanTimeoutMs);
    await this.#retire(drainTimeoutMs);
  }

  #end(): Promise<void> {
    this.#ending ??= this.#finish();
    return this.#ending;
  }

  async #finish(): Promise<void> {
    const { engine } = this.#dataPlane;
    // The main process has the limit of this; without it, the worker has.
    const limit = setTimeout(() => process.connected || engine.destroy(), this.#settings.drainTimeoutMs);
    await engine.close();
    clearTimeout(limit);
    await this.#tracing?.close();
    await this.#report(undefined);
    process.exit(0);
  }
}

function socketOf(handle: object | undefined): object {
  if (handle === undefined) throw new Error("the socket did not come with its message");
  return handle;
}

function usageOfProcess(): { cpuSeconds: number; residentBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}

/** Resolves when it is written. Between the end of the main process and the news of it there is nobody to tell. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send?.(message, undefined, undefined, () => resolve());
  });
}

const NEWS: PlaneNews = {
  suspectRefused: ({ app, id }) => void tell({ kind: "suspect-refused", app, id }),
  ejectionChanged: (ejection) => void tell({ kind: "ejection-changed", ejection }),
  tapped: (batch) => void tell({ kind: "tapped", batch }),
};

// What comes while it starts waits, and keeps its order.
let worker: Promise<Worker> | undefined;
process.on("message", (message: ToWorker, handle: object | undefined) => {
  if (message.kind === "start") worker = Worker.start(message.settings);
  else void worker?.then((started) => started.onMessage(message, handle));
});
