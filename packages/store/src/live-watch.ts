import type { IWatchResponse } from "etcd3";

import { sleep } from "./back-off.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { readFailure } from "./etcd-failure.ts";
import { FollowerError, type Handover } from "./handover.ts";
import { type HistoryMark, checkHistory } from "./history-mark.ts";
import type { Ending } from "./next-step.ts";
import { readRevision } from "./revision.ts";
import type { Change, Revision } from "./store.ts";
import { WatchHealth } from "./watch-health.ts";
import { WatchStream } from "./watch-stream.ts";

const CATCH_UP_MS = 3_000;
const SETTLE_MS = 500;
const LOOK_AGAIN_MS = 20;

/** Where to watch, and who gets what comes. */
export interface WatchPlan {
  readonly cluster: Cluster;
  readonly connection: Connection;
  readonly prefix: string;
  readonly handover: Handover;
}

/** One watch at one endpoint: from the check that its history is ours to its end. */
export class LiveWatch {
  readonly #plan: WatchPlan;
  readonly #life = new AbortController();
  readonly #left = Promise.withResolvers<Ending>();
  #stream: WatchStream | undefined;
  #health: WatchHealth | undefined;
  #isLive = false;
  #answers = 0;
  #lastAnswerAt = 0;

  constructor(plan: WatchPlan) {
    this.#plan = plan;
  }

  /** etcd confirmed the watch, and nothing is known against it. */
  get isLive(): boolean {
    return this.#isLive && !this.#life.signal.aborted && this.#stream?.isOver === false;
  }

  /** Epoch milliseconds of the last answer; 0 before the first. */
  get lastAnswerAt(): number {
    return this.#lastAnswerAt;
  }

  /** Watches after the mark until the watch ends, and says why. Never rejects. `onLive` is called when etcd confirmed it. */
  async run(mark: HistoryMark, onLive: () => void): Promise<Ending> {
    try {
      return await Promise.race([this.#left.promise, this.#run(mark, onLive)]);
    } catch (error) {
      const { kind, text } = readFailure(error);
      return { reason: kind === "denied" || kind === "token" ? "denied" : "unreachable", text };
    } finally {
      this.#life.abort();
      this.#stream?.close();
    }
  }

  /** Ends the watch with a reason; nothing is handed over any more. */
  leave(ending: Ending): void {
    this.#left.resolve(ending);
    this.#life.abort();
    this.#stream?.close();
  }

  /**
   * Waits until the watch has delivered what a list at `listed` shows, whose newest record is of `newest`. Gives false when
   * it does not get there in time.
   */
  async catchUp({ newest, listed }: { newest: Revision; listed: Revision }): Promise<boolean> {
    const { handover } = this.#plan;
    const { signal } = this.#life;
    const since = performance.now();
    const answersBefore = this.#answers;
    this.#stream?.requestProgress();
    while (!signal.aborted && performance.now() < since + CATCH_UP_MS) {
      if (handover.revision >= listed) return true;
      // A delete leaves no record to wait for. etcd answers before it sends what is on its way; that takes 100 ms at most.
      const isSettled = this.#answers > answersBefore && performance.now() > since + SETTLE_MS;
      if (isSettled && handover.revision >= newest) return true;
      await sleep(LOOK_AGAIN_MS, signal);
    }
    return false;
  }

  async #run(mark: HistoryMark, onLive: () => void): Promise<Ending> {
    const { cluster, connection, prefix, handover } = this.#plan;
    const timeoutMs = cluster.callTimeoutMs;
    const verdict = await checkHistory(connection, mark, timeoutMs);
    if (verdict !== "same")
      return { reason: verdict, text: `etcd's history after revision ${mark.revision} is not ours` };
    const stream = await WatchStream.open(
      connection,
      { prefix, from: mark.revision + 1, timeoutMs },
      { onAnswer: (answer) => this.#onAnswer(answer, mark), onChange: (change) => this.#onChange(change) },
    );
    this.#stream = stream;
    if (this.#life.signal.aborted) stream.close();
    const { signal } = this.#life;
    const health = new WatchHealth({
      cluster,
      connection,
      prefix,
      stream,
      mark: () => handover.mark ?? mark,
      signal,
    });
    this.#health = health;
    if (!stream.isOver) {
      this.#isLive = true;
      onLive();
    }
    return Promise.race([stream.ended, health.run()]);
  }

  // Only the first answer's revision says something: later ones may be older than the events that overtook them.
  #onAnswer({ header, created }: Pick<IWatchResponse, "header" | "created">, mark: HistoryMark): void {
    this.#answers++;
    this.#lastAnswerAt = Date.now();
    this.#health?.answered();
    if (!created) return;
    const revision = readRevision(header.revision);
    if (header.cluster_id === mark.clusterId && revision >= mark.revision) return;
    // The endpoint is another one than a moment ago, when its history was ours: the next attempt asks it again.
    this.leave({ reason: "failed", text: `etcd is at revision ${revision}, before ${mark.revision}` });
  }

  #onChange(change: Change): void {
    if (this.#life.signal.aborted) return;
    try {
      this.#plan.handover.change(change);
    } catch (error) {
      if (!(error instanceof FollowerError)) throw error;
      this.leave({ reason: "follower-failed", text: error.message });
    }
  }
}
