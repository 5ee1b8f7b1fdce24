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

import type { RecordChanges, TableChange } from "../table/table-change.ts";
import { AppliedRevision } from "./applied-revision.ts";
import type { RecordChecks, Rejection } from "./accepted-records.ts";
import type { ControlObserver } from "./control-observer.ts";
import type { ControlStatus } from "./control-status.ts";
import { ETCD_LINK, EtcdLink, FILE_LINK } from "./etcd-link.ts";
import { GuardLog } from "./guard-log.ts";
import { RecordSet } from "./record-set.ts";
import { type RecordSource, isStore } from "./record-source.ts";
import { ReplicaRecord } from "./replica-record.ts";
import { Relists } from "./relists.ts";
import { restoreState } from "./restore-state.ts";
import { StateSaver } from "./state-saver.ts";

const TICK_MS = 1_000;
const LOGGED_REJECTIONS = 10;

/** Where changes go: a table, or the processes that have one each. */
export interface TableSink {
  /**
   * Takes records of the next change ahead of it: they come into force with it, and count before its own. A promise
   * resolves once there may be more of them. `text` is what they are in JSON, as written-records.ts writes them, where that is known;
   * records that it has beyond these are taken back by the change.
   */
  prepare(records: RecordChanges, text?: string): void | Promise<void>;
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
  #isStopped = false;
  /** Of the etcd that the records are of. */
  #clusterId = "";
  readonly #relists: Relists;

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
    const relists = { records: this.#records, link: this.#link, observer, logger };
    this.#relists = new Relists({ ...relists, following: () => this.#following });
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
      audit: this.#relists.lastAudit,
      stateFile:
        saver === undefined ? null : { savedAt: saver.savedAt ?? null, failure: saver.failure ?? null },
      replicaFailure: this.#replica?.failure ?? null,
    };
  }

  /**
   * Serves the saved table if there is one, and follows nothing before {@link Control.follow} is called: what etcd takes
   * would be time until requests are taken. Without a saved table it follows at once.
   */
  async start(): Promise<void> {
    this.#ticker = setInterval(() => this.#tick(), TICK_MS).unref();
    if (!(await this.#loadState())) this.follow();
  }

  /** Follows etcd from now on; to be called once requests are taken. */
  follow(): void {
    if (this.#following !== undefined || this.#isStopped) return;
    const { store, keys } = this.#settings;
    this.#following = store.follow(keys.table, {
      snapshot: (snapshot) => this.#onSnapshot(snapshot),
      change: (change) => this.#onChange(change),
      status: (status) => this.#link.changed(status),
    });
    this.#link.follows(this.#following);
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
    this.#isStopped = true;
    clearInterval(this.#ticker);
    this.#applied.close();
  }

  async #loadState(): Promise<boolean> {
    const { stateDir } = this.#settings;
    if (stateDir === undefined) return false;
    const receivedAt = performance.now();
    const what = { directory: stateDir, records: this.#records, now: now() };
    const restored = await restoreState({ ...this.#settings, ...what });
    if (restored === undefined || this.#isStopped) return false;
    this.#clusterId = restored.clusterId;
    this.#link.tableFromDisk(restored.provedAt);
    this.#handOut(restored.change, receivedAt);
    return true;
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
    if (reason === "audit") this.#relists.audited(differences);
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

  #tick(): void {
    this.#handOutIfAny(this.#records.expire(now()));
    this.#relists.tick(now());
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

// Epoch milliseconds by a clock that does not go back.
function now(): number {
  return Math.round(performance.timeOrigin + performance.now());
}
