// A re-list that has lost most of what the table holds is more often a wiped or half-restored etcd
// than a platform that deleted itself: its removals are held for a while, then believed. So is every
// removal of a store that is not the one we followed: what it does not have was not deleted there, and
// is often being filled in again.

/** How many of something there were before a re-list, and how many of them the re-list does not have. */
export interface Shrink {
  readonly before: number;
  readonly missing: number;
}

const FEWEST_MISSING = 10;

/** Whether more than half is missing, and at least 10. */
export function isSuspiciousShrink({ before, missing }: Shrink): boolean {
  return missing >= FEWEST_MISSING && missing > before / 2;
}

/** Removals that are not believed yet. */
export interface Hold {
  readonly keys: ReadonlySet<string>;
  /** Epoch milliseconds: when it began, and from when on a re-list is believed. */
  readonly since: number;
  readonly until: number;
}

/** What a re-list does not have, and what to go by. */
export interface Missing {
  readonly keys: Iterable<string>;
  /** One for each kind of records: each alone is reason enough. */
  readonly shrinks: (keys: readonly string[]) => readonly Shrink[];
  /** The store was wiped, restored or replaced while we followed it: then nothing is believed at once. */
  readonly isOtherStore: boolean;
  /** 0 holds nothing. */
  readonly holdMs: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The removals that are held now. */
export class HeldRemovals {
  #keys = new Set<string>();
  #since = 0;
  #until = 0;

  get current(): Hold | undefined {
    return this.#keys.size === 0 ? undefined : { keys: this.#keys, since: this.#since, until: this.#until };
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** The key is back, or gone for another reason. True: it was held. */
  drop(key: string): boolean {
    return this.#keys.delete(key);
  }

  /** Decides about the keys that a re-list does not have: `remove` them now, or hold them. */
  decide({ keys, shrinks, isOtherStore, holdMs, now }: Missing): {
    remove: readonly string[];
    hold: readonly string[];
  } {
    const missing = [...keys];
    if (holdMs === 0) return { remove: missing, hold: [] };
    const isOver = this.#keys.size > 0 && now >= this.#until;
    const believed = isOver ? this.#keys : new Set<string>();
    if (isOver) this.#keys = new Set();
    const doubted = missing.filter((key) => !believed.has(key));
    const isDoubted = isOtherStore || shrinks(doubted).some(isSuspiciousShrink);
    const hold = isDoubted ? doubted : doubted.filter((key) => this.#keys.has(key));
    if (this.#keys.size === 0) {
      this.#since = now;
      this.#until = now + holdMs;
    }
    for (const key of hold) this.#keys.add(key);
    const held = new Set(hold);
    return { remove: missing.filter((key) => !held.has(key)), hold };
  }
}
