// Config path 1 of 5: FOLLOW -> parse -> guard -> hand out -> acknowledge.
// Lists a range, watches it from the next revision on, and comes back from whatever befalls the watch: after the last
// revision that was handed over where that is possible, else by listing again. Never ends by itself.

import { BackOff, sleep } from "./back-off.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { FollowerError, Handover } from "./handover.ts";
import type { HistoryMark } from "./history-mark.ts";
import { type Listing, listPrefix } from "./list.ts";
import { LiveWatch } from "./live-watch.ts";
import { type EndReason, type Ending, nextStep } from "./next-step.ts";
import { rollForward } from "./roll-forward.ts";
import { type Follower, type Following, type Revision, type SnapshotReason, StoreError } from "./store.ts";

/** A link that lived this long was a good one: the next attempt is made at once. */
const STEADY_MS = 1_000;

/** The {@link Following} of one prefix. */
export class RangeFollow implements Following {
  readonly #cluster: Cluster;
  readonly #prefix: string;
  readonly #handover: Handover;
  readonly #life = new AbortController();
  readonly #backOff = new BackOff();
  readonly #running: Promise<void>;
  #connection: Connection;
  #listReason: SnapshotReason | undefined = "start";
  #asks: Ask[] = [];
  #watch: LiveWatch | undefined;
  #relists: Promise<void> = Promise.resolve();
  #provenAt = 0;

  constructor(cluster: Cluster, prefix: string, follower: Follower) {
    this.#cluster = cluster;
    this.#prefix = prefix;
    this.#handover = new Handover(prefix, follower);
    this.#connection = cluster.preferred;
    this.#running = this.#run();
  }

  /** Resolves, never rejects, when nothing will be handed over any more. */
  get closed(): Promise<void> {
    return this.#running;
  }

  get revision(): Revision {
    return this.#handover.revision;
  }

  get lastProofAt(): number {
    return Math.max(this.#provenAt, this.#watch?.lastAnswerAt ?? 0);
  }

  relist(reason: SnapshotReason): Promise<void> {
    if (this.#life.signal.aborted) return Promise.reject(closedError(this.#prefix));
    if (!this.#watch?.isLive) return this.#listWithoutWatch(reason);
    const relist = this.#relists.then(() => this.#listBesideWatch(reason));
    this.#relists = relist.catch(() => {});
    return relist;
  }

  async close(): Promise<void> {
    this.#life.abort();
    this.#watch?.leave({ reason: "closed", text: "closed" });
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#life.signal.aborted) {
      this.#prepareNext(await this.#link());
      await sleep(this.#backOff.next(), this.#life.signal);
    }
    this.#settleAsks(this.#asks.splice(0), closedError(this.#prefix));
  }

  // One round: a list where one is needed, then a watch until its end.
  async #link(): Promise<Ending> {
    try {
      if (this.#listReason !== undefined || this.#asks.length > 0) await this.#list();
    } catch (error) {
      return readListFailure(error);
    }
    const { mark } = this.#handover;
    if (mark === undefined || this.#life.signal.aborted) return { reason: "closed", text: "closed" };
    return this.#watchFrom(mark);
  }

  async #watchFrom(mark: HistoryMark): Promise<Ending> {
    const connection = this.#connection;
    const { endpoint } = connection;
    let liveSince = Infinity;
    const watch = new LiveWatch({
      cluster: this.#cluster,
      connection,
      prefix: this.#prefix,
      handover: this.#handover,
    });
    this.#watch = watch;
    const ending = await watch.run(mark, () => {
      liveSince = performance.now();
      this.#handover.status({ state: "live", endpoint });
      this.#serveAsks();
    });
    this.#provenAt = this.lastProofAt;
    this.#watch = undefined;
    if (performance.now() - liveSince > STEADY_MS) this.#backOff.reset();
    return ending;
  }

  #prepareNext({ reason, text }: Ending): void {
    if (reason === "closed") return;
    const { endpoint } = this.#connection;
    this.#handover.status({ state: "reconnecting", endpoint, reason, error: text });
    const step = nextStep(reason);
    this.#listReason ??= step.list;
    if (!step.isElsewhere) return;
    this.#connection.renew();
    this.#cluster.avoid(this.#connection);
    this.#connection = this.#cluster.after(this.#connection);
  }

  async #list(): Promise<void> {
    const asks = this.#asks.splice(0);
    const reason = this.#listReason ?? asks[0]?.reason ?? "asked";
    this.#handover.status({ state: "listing", endpoint: this.#cluster.preferred.endpoint, reason });
    try {
      const listing = await listPrefix(this.#cluster, this.#prefix, { signal: this.#life.signal });
      this.#handover.snapshot(listing, reason);
      this.#listReason = undefined;
      this.#provenAt = Date.now();
      this.#connection = listing.connection; // its history is ours
      this.#settleAsks(asks);
    } catch (error) {
      this.#settleAsks(asks, error);
      throw error;
    }
  }

  // The watch goes on in the meantime; the list is brought forward by what the watch delivered, so that both speak of
  // the same revision and no change waits for a list.
  async #listBesideWatch(reason: SnapshotReason): Promise<void> {
    const watch = this.#watch;
    const { snapshots, mark } = this.#handover;
    if (!watch?.isLive || mark === undefined) return this.#listWithoutWatch(reason);
    const { result: listing, changes } = await this.#handover.logged(() => this.#listAndCatchUp(watch, mark));
    if (this.#life.signal.aborted) throw closedError(this.#prefix);
    if (this.#handover.snapshots !== snapshots) return; // the loop listed in the meantime
    try {
      this.#handover.snapshot({ ...rollForward(listing, changes), clusterId: listing.clusterId }, reason);
    } catch (error) {
      this.#watch?.leave(readListFailure(error));
      throw error;
    }
  }

  async #listAndCatchUp(watch: LiveWatch, before: HistoryMark): Promise<Listing> {
    const listing = await listPrefix(this.#cluster, this.#prefix, { signal: this.#life.signal });
    const { clusterId, revision: listed, records } = listing;
    if (clusterId !== before.clusterId || listed < before.revision) {
      throw this.#leave(watch, "went-back", `the list is of revision ${listed}, after ${before.revision}`);
    }
    const newest = records.reduce((most, { modRevision }) => Math.max(most, modRevision), 0);
    if (await watch.catchUp({ newest, listed })) return listing;
    throw this.#leave(watch, "behind", `revision ${newest} was listed and did not come`);
  }

  #leave(watch: LiveWatch, reason: EndReason, text: string): StoreError {
    watch.leave({ reason, text });
    return new StoreError("unreachable", `${this.#prefix} is not listed: ${text}`, { key: this.#prefix });
  }

  // What an audit would find now is only that there is no watch.
  #listWithoutWatch(reason: SnapshotReason): Promise<void> {
    if (reason === "audit") {
      const message = `${this.#prefix} cannot be audited: it is not followed at the moment`;
      return Promise.reject(new StoreError("unreachable", message, { key: this.#prefix }));
    }
    const done = Promise.withResolvers<void>();
    this.#asks.push({ reason, done });
    return done.promise;
  }

  // Asked for while there was no watch, and too late for the list before it.
  #serveAsks(): void {
    for (const { reason, done } of this.#asks.splice(0))
      void this.relist(reason).then(done.resolve, done.reject);
  }

  #settleAsks(asks: readonly Ask[], error?: unknown): void {
    for (const { done } of asks) {
      if (error === undefined) done.resolve();
      else done.reject(error);
    }
  }
}

interface Ask {
  readonly reason: SnapshotReason;
  readonly done: PromiseWithResolvers<void>;
}

function readListFailure(error: unknown): Ending {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof FollowerError) return { reason: "follower-failed", text };
  const code = error instanceof StoreError ? error.code : "failed";
  return { reason: code === "denied" || code === "unreachable" || code === "closed" ? code : "failed", text };
}

function closedError(prefix: string): StoreError {
  return new StoreError("closed", `${prefix} is not followed any more`, { key: prefix });
}
