// The barrier: a write is everywhere once every live replica has published its revision.

import { keysUnder, parseReplica } from "@wayleave/records";
import {
  type Change,
  type Follower,
  type Revision,
  type Snapshot,
  type Store,
  type StoredRecord,
  abortable,
} from "@wayleave/store";

import { startDeadline } from "./deadline.ts";

/** What is waited for, and for how long at most. */
export interface ReplicaWait {
  readonly store: Store;
  /** Default `/wayleave/`. */
  readonly prefix?: string;
  /** The revision of the write that all replicas are to have applied. */
  readonly revision: Revision;
  readonly timeoutMs: number;
  /** Cuts the wait short, as if the time were over. */
  readonly signal?: AbortSignal;
}

/** One replica and how far it has come; `revision` is undefined when its record cannot be read. */
export interface ReplicaProgress {
  readonly id: string;
  readonly revision: Revision | undefined;
}

/** How a wait ended; the replicas are those that were alive then, by id. */
export interface ReplicaBarrier {
  /**
   * `reached`: every live replica has applied the revision (also when there is none). `behind`: the
   * time was over first. `unknown`: the replicas could not even be listed in time.
   */
  readonly outcome: "reached" | "behind" | "unknown";
  readonly reached: readonly ReplicaProgress[];
  readonly behind: readonly ReplicaProgress[];
  /** Why the replicas could not be followed, when that is known. */
  readonly error?: string;
}

/**
 * Waits until every live replica has published a revision of at least `revision`. A replica whose
 * record vanishes is no longer waited for; one that appears is. A record that cannot be read counts
 * as behind: nobody knows what that replica routes by. Never rejects; needs read permission on
 * `replicas/`.
 */
export async function waitForReplicas(wait: ReplicaWait): Promise<ReplicaBarrier> {
  const range = keysUnder(wait.prefix).replicas;
  const progress = new ReplicaProgressFollower(range, wait.revision);
  using deadline = startDeadline(wait.timeoutMs, wait.signal);
  const following = wait.store.follow(range, progress);
  try {
    await abortable(progress.reached, deadline.signal);
  } catch {
    // Over time or cut short: what is known by now is the answer.
  } finally {
    await following.close();
  }
  return progress.barrier();
}

class ReplicaProgressFollower implements Follower {
  readonly #range: string;
  readonly #revision: Revision;
  readonly #progressById = new Map<string, ReplicaProgress>();
  readonly #reached = Promise.withResolvers<void>();
  #isListed = false;
  #error: string | undefined;

  constructor(range: string, revision: Revision) {
    this.#range = range;
    this.#revision = revision;
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  snapshot(snapshot: Snapshot): void {
    this.#isListed = true;
    this.#progressById.clear();
    this.#take(snapshot.records, []);
  }

  change(change: Change): void {
    this.#take(change.puts, change.deletes);
  }

  status({ error }: { readonly error?: string }): void {
    this.#error = error;
  }

  barrier(): ReplicaBarrier {
    const replicas = [...this.#progressById.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const reached = replicas.filter((replica) => this.#hasReached(replica));
    const behind = replicas.filter((replica) => !this.#hasReached(replica));
    if (!this.#isListed) {
      return {
        outcome: "unknown",
        reached,
        behind,
        ...(this.#error !== undefined && { error: this.#error }),
      };
    }
    return { outcome: behind.length === 0 ? "reached" : "behind", reached, behind };
  }

  #take(puts: readonly StoredRecord[], deletes: readonly string[]): void {
    for (const record of puts) {
      const parsed = parseReplica(record.value);
      const id = record.key.slice(this.#range.length);
      this.#progressById.set(id, { id, revision: parsed.ok ? parsed.value.revision : undefined });
    }
    for (const key of deletes) this.#progressById.delete(key.slice(this.#range.length));
    if ([...this.#progressById.values()].every((replica) => this.#hasReached(replica))) {
      this.#reached.resolve();
    }
  }

  #hasReached(replica: ReplicaProgress): boolean {
    return replica.revision !== undefined && replica.revision >= this.#revision;
  }
}
