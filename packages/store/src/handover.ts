import { type HistoryMark, markOfChange, markOfList } from "./history-mark.ts";
import type { Change, Follower, FollowStatus, Revision, SnapshotReason, StoredRecord } from "./store.ts";

/** All records of a range at one revision of one cluster. */
export interface WholeRange {
  readonly records: readonly StoredRecord[];
  readonly revision: Revision;
  readonly clusterId: string;
}

/** What a follower has been handed, and the handing: whole ranges and changes, each once and in order. */
export class Handover {
  readonly #prefix: string;
  readonly #follower: Follower;
  #mark: HistoryMark | undefined;
  #snapshots = 0;
  #log: Change[] | undefined;

  constructor(prefix: string, follower: Follower) {
    this.#prefix = prefix;
    this.#follower = follower;
  }

  /** The last fact that was handed over; undefined before the first snapshot. */
  get mark(): HistoryMark | undefined {
    return this.#mark;
  }

  /** The last revision that was handed over; 0 before the first snapshot. */
  get revision(): Revision {
    return this.#mark?.revision ?? 0;
  }

  /** How many snapshots were handed over. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** Throws a {@link FollowerError} when the follower does. */
  snapshot({ records, revision, clusterId }: WholeRange, reason: SnapshotReason): void {
    run(() => this.#follower.snapshot({ records, revision, reason, clusterId }));
    this.#mark = markOfList({ records, revision, clusterId }, this.#prefix);
    this.#snapshots++;
  }

  /** Drops what was handed over already. Throws a {@link FollowerError} when the follower does. */
  change(change: Change): void {
    if (this.#mark === undefined || change.revision <= this.#mark.revision) return;
    run(() => this.#follower.change(change));
    this.#mark = markOfChange(this.#mark, change);
    this.#log?.push(change);
  }

  status(status: FollowStatus): void {
    try {
      this.#follower.status?.(status);
    } catch {
      // There is nobody left to tell, and the table matters more.
    }
  }

  /** Runs something, and gives with its result the changes that were handed over in the meantime. */
  async logged<T>(
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly changes: readonly Change[] }> {
    const changes: Change[] = [];
    this.#log = changes;
    try {
      return { result: await work(), changes };
    } finally {
      this.#log = undefined;
    }
  }
}

/** A follower threw; `cause` is what it threw. */
export class FollowerError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "FollowerError";
  }
}

function run(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    throw new FollowerError(error);
  }
}
