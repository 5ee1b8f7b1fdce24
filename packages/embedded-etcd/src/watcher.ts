import { isInRange, type KeyRange } from "./key-range.ts";
import type { MvccStore, StoreChange, StoreEvent } from "./mvcc-store.ts";

/** What one watch wants to see. */
export interface WatchWish {
  readonly range: KeyRange;
  readonly startRevision: number;
  readonly wantsPuts: boolean;
  readonly wantsDeletes: boolean;
}

const MOST_REVISIONS_AT_ONCE = 1_000; // with as many etcd catches up at once

/** Where one watch stands in the history of a store. What is new and what is replayed come the same way. */
export class Watcher {
  readonly #store: MvccStore;
  readonly #wish: WatchWish;
  #nextRevision: number;

  constructor(store: MvccStore, wish: WatchWish) {
    this.#store = store;
    this.#wish = wish;
    this.#nextRevision = wish.startRevision;
  }

  /** Whether what comes next was compacted away. */
  get isCompacted(): boolean {
    return this.#nextRevision < this.#store.compactRevision;
  }

  /** Whether there is nothing to take. */
  get isCurrent(): boolean {
    return this.#nextRevision > this.#store.revision;
  }

  /** Takes what comes next, in whole revisions: only those events that are wanted, and not too many at once. */
  take(): StoreChange[] {
    const changes: StoreChange[] = [];
    while (!this.isCurrent && changes.length < MOST_REVISIONS_AT_ONCE) {
      const revision = this.#nextRevision++;
      const events = this.#store.changeAt(revision)?.events.filter((event) => this.#wants(event)) ?? [];
      if (events.length > 0) changes.push({ revision, events });
    }
    return changes;
  }

  #wants({ key, current }: StoreEvent): boolean {
    const { range, wantsPuts, wantsDeletes } = this.#wish;
    return isInRange(key, range) && (current === undefined ? wantsDeletes : wantsPuts);
  }
}
