// The config path, living: follow -> parse -> guard -> hand out -> acknowledge.
//
//   1 follow        @wayleave/store          etcd's changes, one revision at a time, and re-lists
//   2 parse         accepted-records.ts      a bad record is data; its last good value stays
//   3 guard         record-set.ts, guards/   what of it may be in force
//   4 hand out      here                     to the table, or to the tables of the workers
//   5 acknowledge   replica-record.ts        replicas/<id>: how far this router has come

import type { Keys, Replica } from "@wayleave/records";
import type { Change, Following, Revision, Snapshot } from "@wayleave/store";
import type { Logger } from "pino";

import type { TableChange } from "../table/table-change.ts";
import { VERSION } from "../version.ts";
import { AppliedRevision } from "./applied-revision.ts";
import type { RecordChecks, Rejection } from "./accepted-records.ts";
import type { ControlObserver } from "./control-observer.ts";
import type { ControlStatus } from "./control-status.ts";
import { ETCD_LINK, EtcdLink, FILE_LINK } from "./etcd-link.ts";
import { GuardLog } from "./guard-log.ts";
import { RecordSet } from "./record-set.ts";
import { type RecordSource, isStore } from "./record-source.ts";
import { ReplicaRecord } from "./replica-record.ts";
import { storedRecord } from "./saved-record.ts";
import { type SavedState, readState, stateFile } from "./state-file.ts";
import { StateSaver } from "./state-saver.ts";

const TICK_MS = 1_000;
const AUDIT_MS = 600_000;
const LOGGED_REJECTIONS = 10;

/** Where changes go: a table, or the processes that have one each. */
export interface TableSink {
  /** Applies a change whole. A promise resolves once every table has it. */
  apply(change: TableChange): void | Promise<void>;
}

export interface ControlSettings {
  readonly store: RecordSource;
  readonly keys: Keys;
  readonly checks: RecordChecks;
  readonly sink: TableSink;
  readonly observer: ControlObserver;
  readonly logger: Logger;
  readonly id: string;
  /** Asked at each publication. */
  readonly replica: () => Omit<Replica, "revision">;
  readonly stateDir?: string | undefined;
}

/** The config path of one router. Does nothing before it is started. */
export class Control {
  readonly #settings: ControlSettings;
  readonly #records: RecordSet;
  readonly #link: EtcdLink;
  readonly #applied = new AppliedRevision();
  readonly #replica: ReplicaRecord | undefined;
  readonly #saver: StateSaver | undefined;
  readonly #guards: GuardLog;
  readonly #hasTable = Promise.withResolvers<void>();
  #following: Following | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #handedOut: Promise<void> = Promise.resolve();
  #isRelisting = false;
  /** Of the etcd that the records are of. */
  #clusterId = "";
  #nextAuditAt = auditTime();
  #audit: ControlStatus["audit"] = null;

  constructor(settings: ControlSettings) {
    const { store, keys, checks, id, replica, logger, observer, stateDir } = settings;
    this.#settings = settings;
    this.#records = new RecordSet(keys, checks);
    this.#link = new EtcdLink(logger, observer, isStore(store) ? ETCD_LINK : FILE_LINK);
    if (isStore(store)) this.#replica = new ReplicaRecord({ store, key: keys.replica(id), replica, logger });
    if (stateDir !== undefined) {
      const { prefix } = keys;
      const origin = () => ({
        provedAt: this.#following?.lastProofAt ?? 0,
        clusterId: this.#clusterId,
      });
      this.#saver = new StateSaver({ directory: stateDir, prefix, records: this.#records, origin, logger });
    }
    this.#guards = new GuardLog(logger, observer);
  }

  /** Resolves once there is a table, be it from disk; never, if none comes. */
  get ready(): Promise<void> {
    return this.#hasTable.promise;
  }

  /** The revision that every table has applied; 0 before the first. */
  get revision(): Revision {
    return this.#applied.current;
  }

  /** What is believed of etcd, to look at. */
  get records(): Pick<RecordSet, "rejections" | "conflicts" | "hold" | "suspectCount" | "at"> {
    return this.#records;
  }

  get status(): ControlStatus {
    const { hold } = this.#records;
    const saver = this.#saver;
    return {
      ...this.#link.status,
      revision: this.#applied.current,
      rejected: this.#records.rejections.size,
      addressConflicts: this.#records.conflicts().length,
      suspects: this.#records.suspectCount,
      hold: hold === undefined ? null : { removals: hold.keys.size, since: hold.since, until: hold.until },
      audit: this.#audit,
      stateFile:
        saver === undefined ? null : { savedAt: saver.savedAt ?? null, failure: saver.failure ?? null },
      replicaFailure: this.#replica?.failure ?? null,
    };
  }

  /** Serves the saved table if there is one, and follows etcd from then on. */
  async start(): Promise<void> {
    this.#loadState();
    const { store, keys } = this.#settings;
    this.#following = store.follow(keys.table, {
      snapshot: (snapshot) => this.#onSnapshot(snapshot),
      change: (change) => this.#onChange(change),
      status: (status) => this.#link.changed(status),
    });
    this.#link.follows(this.#following);
    this.#ticker = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Waits until a revision is applied; resolves with what is applied then, or when the time is over. */
  waitFor(revision: Revision, timeoutMs: number): Promise<Revision> {
    return this.#applied.wait(revision, timeoutMs);
  }

  /** An instance refused a connection that is a last choice, because its record vanished. */
  connectionRefused(app: string, id: string): void {
    this.#handOutIfAny(this.#records.connectionRefused(app, id, now()));
  }

  /** What no record holds has changed: it goes with the revision that is handed out by now. */
  filesChanged(change: Pick<TableChange, "certificates" | "clientAuthority">): void {
    const { revision } = this.#records;
    this.#handOut({ revision, routes: [], instances: [], ...change }, performance.now());
  }

  /** Takes the replica's record away first, then stops following. Bounded; never rejects. */
  async close(): Promise<void> {
    this.#stop();
    await this.#replica?.close();
    // Nothing may have changed for hours, and yet the table was etcd's until now.
    if (this.#link.isTableFromEtcd) this.#saver?.changed();
    await this.#following?.close();
    await this.#saver?.close();
  }

  destroy(): void {
    this.#stop();
    this.#replica?.destroy();
    this.#saver?.destroy();
    void this.#following?.close();
  }

  #stop(): void {
    clearInterval(this.#ticker);
    this.#applied.close();
  }

  #loadState(): void {
    const { stateDir, keys, logger } = this.#settings;
    if (stateDir === undefined) return;
    const receivedAt = performance.now();
    const state = readState(stateDir, keys.prefix);
    const file = stateFile(stateDir);
    if (state === undefined) return logger.info({ file }, "state-absent");
    if (!state.ok) return logger.error({ file, reason: state.reason }, "state-refused");
    const { revision, provedAt, clusterId } = state.value;
    this.#clusterId = clusterId;
    this.#link.tableFromDisk(provedAt);
    const change = this.#restore(state.value);
    this.#handOut(change, receivedAt);
    const records = change.routes.length + change.instances.length;
    logger.warn({ file, revision, records, provedAt: isoTime(provedAt) }, "state-loaded");
  }

  #restore(state: SavedState): TableChange {
    if (state.version === VERSION) return this.#records.restore(state, now());
    const records = [...state.records].map(storedRecord);
    return this.#records.applySnapshot({ ...state, records, reason: "start" }, now()).change;
  }

  #onSnapshot(snapshot: Snapshot): void {
    const receivedAt = performance.now();
    const { logger, observer } = this.#settings;
    const { reason, revision, records } = snapshot;
    const before = new Set(this.#records.rejections.keys());
    const { change, differences } = this.#isOfAnotherCluster(snapshot)
      ? this.#records.replaceBy(snapshot, now())
      : this.#records.applySnapshot(snapshot, now());
    this.#clusterId = snapshot.clusterId;
    this.#link.tableFromEtcd();
    this.#handOut(change, receivedAt);
    observer.listed(reason, differences);
    logger.info({ reason, revision, records: records.length, differences }, "table-listed");
    if (reason === "audit") this.#onAudit(differences);
    const news = [...this.#records.rejections.values()].filter(({ key }) => !before.has(key));
    for (const rejection of news.slice(0, LOGGED_REJECTIONS)) this.#tellRejection(rejection);
  }

  /** A table from disk stands in for the etcd that it is of, and for no other. */
  #isOfAnotherCluster({ clusterId }: Snapshot): boolean {
    if (this.#link.state !== "from-disk" || clusterId === this.#clusterId) return false;
    this.#settings.logger.error({ clusterId, savedOf: this.#clusterId }, "state-of-another-cluster");
    return true;
  }

  #onChange(change: Change): void {
    const receivedAt = performance.now();
    const { rejections } = this.#records;
    const { observer } = this.#settings;
    const reasons = new Map(change.puts.map(({ key }) => [key, rejections.get(key)?.reason]));
    this.#handOut(this.#records.applyChange(change, now()), receivedAt);
    for (const [key, reason] of reasons) {
      const rejection = rejections.get(key);
      // A program that writes the same nonsense once a second is not to fill the log.
      if (rejection !== undefined && rejection.reason !== reason) this.#tellRejection(rejection);
      if (rejection === undefined && reason !== undefined) observer.accepted(key, change.revision);
    }
  }

  #tellRejection(rejection: Rejection): void {
    this.#settings.logger.warn(rejection, "record-rejected");
    this.#settings.observer.rejected(rejection);
  }

  #onAudit(differences: number): void {
    this.#audit = { at: Date.now(), differences };
    this.#settings.observer.audited(differences);
    if (differences > 0) this.#settings.logger.error({ differences }, "audit-found-differences");
  }

  #tick(): void {
    this.#handOutIfAny(this.#records.expire(now()));
    if ((this.#records.hold?.until ?? Number.POSITIVE_INFINITY) <= now()) void this.#relist("asked");
    if (this.#nextAuditAt > performance.now() || this.#link.state !== "live") return;
    this.#nextAuditAt = auditTime();
    void this.#relist("audit");
  }

  async #relist(reason: "asked" | "audit"): Promise<void> {
    if (this.#isRelisting) return;
    this.#isRelisting = true;
    try {
      await this.#following?.relist(reason);
    } catch (error) {
      this.#settings.logger.warn({ reason, error: String(error) }, "relist-failed");
    } finally {
      this.#isRelisting = false;
    }
  }

  #handOutIfAny(change: TableChange): void {
    const { settings, routes, instances, certificates = [] } = change;
    if (settings === undefined && routes.length + instances.length + certificates.length === 0) return;
    this.#handOut(change, performance.now());
  }

  // Config path 4 of 5: follow -> parse -> guard -> HAND OUT -> acknowledge.
  // A revision without any effect is handed out as well: the barrier waits for its number.
  #handOut(change: TableChange, receivedAt: number): void {
    const done = this.#settings.sink.apply(change);
    this.#guards.tell(this.#records);
    if (done === undefined) return this.#acknowledge(change.revision, receivedAt);
    this.#handedOut = this.#inOrder(this.#handedOut, done, () =>
      this.#acknowledge(change.revision, receivedAt),
    );
  }

  async #inOrder(before: Promise<void>, done: Promise<void>, then: () => void): Promise<void> {
    await before;
    await done;
    then();
  }

  #acknowledge(revision: Revision, receivedAt: number): void {
    const seconds = (performance.now() - receivedAt) / 1_000;
    this.#settings.observer.changeApplied(seconds);
    this.#settings.logger.debug({ revision, seconds }, "change-applied");
    this.#applied.set(revision);
    this.#hasTable.resolve();
    // Before etcd was reached there is nothing to save, and nobody to tell of what may be long out of date.
    if (!this.#link.isTableFromEtcd) return;
    this.#saver?.changed();
    this.#replica?.publish(revision);
  }
}

// Jittered: the routers of an installation are not to list all at the same time.
function auditTime(): number {
  return performance.now() + AUDIT_MS * (0.9 + 0.2 * Math.random());
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

// Epoch milliseconds by a clock that does not go back.
function now(): number {
  return Math.round(performance.timeOrigin + performance.now());
}
