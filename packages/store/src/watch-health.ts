// Three ways of a watch to be dead while its connection lives: it says nothing any more; its member lost the others; or it
// answers, but the events of a change never come. gRPC's own pings find a dead connection, `hasleader` finds a lost
// leader; this finds the first and the last.

import { jittered, sleep } from "./back-off.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { firstChange } from "./first-change.ts";
import type { HistoryMark } from "./history-mark.ts";
import type { Ending } from "./next-step.ts";
import { readRevision } from "./revision.ts";
import type { Revision } from "./store.ts";
import type { WatchStream } from "./watch-stream.ts";

/** How often a watch is looked at, and how long it may say nothing; together less than 15 s. */
const TICK_MS = 3_500;
const SILENT_MS = 10_000;
const LOOK_EVERY_MS = 8_000;
const LOOK_TIMEOUT_MS = 2_000;
const GRACE_MS = 3_000;

/** The watch that is looked after. */
export interface Watched {
  readonly cluster: Cluster;
  readonly connection: Connection;
  readonly stream: WatchStream;
  readonly prefix: string;
  /** What has been applied. */
  readonly mark: () => HistoryMark;
  /** Aborted when the watch is over. */
  readonly signal: AbortSignal;
}

/** Looks after one watch. */
export class WatchHealth {
  readonly #watched: Watched;
  #answeredAt = performance.now();
  #lookedAt = performance.now();
  #appliedAtLook: Revision;
  /** Up to here another endpoint has shown that there is nothing for us. */
  #clearedUpTo: Revision = 0;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#appliedAtLook = watched.mark().revision;
  }

  /** To be told of every answer. */
  answered(): void {
    this.#answeredAt = performance.now();
  }

  /** Resolves with the reason to leave the watch when there is one, and with `closed` when it is over. Never rejects. */
  async run(): Promise<Ending> {
    const { signal } = this.#watched;
    while (!signal.aborted) {
      await sleep(jittered(TICK_MS), signal);
      const ending = await this.#check();
      if (ending !== undefined) return ending;
    }
    return { reason: "closed", text: "closed" };
  }

  async #check(): Promise<Ending | undefined> {
    const silentMs = performance.now() - this.#answeredAt;
    if (silentMs > SILENT_MS) return { reason: "silent", text: `no answer for ${Math.round(silentMs)} ms` };
    if (silentMs > TICK_MS / 2) this.#watched.stream.requestProgress();
    if (performance.now() - this.#lookedAt < LOOK_EVERY_MS) return undefined;
    this.#lookedAt = performance.now();
    // An endpoint that cannot be asked now says nothing about our watch.
    const missing = await this.#missingRevision().catch(() => undefined);
    return missing === undefined ? undefined : this.#waitFor(missing);
  }

  // A revision that changed our range and that another endpoint shows to us before our own watch does.
  async #missingRevision(): Promise<Revision | undefined> {
    const { cluster, connection, prefix, mark } = this.#watched;
    const { revision: applied, clusterId, key } = mark();
    const isDelivering = applied > this.#appliedAtLook;
    this.#appliedAtLook = applied;
    if (isDelivering) return undefined;
    const other = cluster.after(connection);
    const request = { key: Buffer.from(key), keys_only: true };
    const { header } = await other.call((etcd) => etcd.kv.range(request), LOOK_TIMEOUT_MS);
    if (header.cluster_id !== clusterId) return undefined; // is found out when our own watch ends
    const from = Math.max(applied, this.#clearedUpTo) + 1;
    const newest = readRevision(header.revision);
    if (newest < from) return undefined;
    const missing = await firstChange(other, { prefix, from, timeoutMs: LOOK_TIMEOUT_MS });
    if (missing === undefined) this.#clearedUpTo = newest;
    return missing;
  }

  async #waitFor(missing: Revision): Promise<Ending | undefined> {
    const { mark, signal } = this.#watched;
    const giveUpAt = performance.now() + GRACE_MS;
    while (mark().revision < missing && !signal.aborted) {
      if (performance.now() > giveUpAt) {
        return { reason: "behind", text: `revision ${missing} did not come within ${GRACE_MS} ms` };
      }
      await sleep(100, signal);
    }
    return undefined;
  }
}
