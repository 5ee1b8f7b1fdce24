import { etcdError } from "./etcd-error.ts";
import { KeyIndex } from "./key-index.ts";
import type { KeyRange } from "./key-range.ts";

/** One version of a key. Keys are latin1 strings of their bytes; a lease is a decimal int64, `"0"` for none. */
export interface KeyValue {
  readonly key: string;
  readonly value: Buffer;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: string;
}

/** A put has the new version of its key, a delete has none; `previous` is the version before, if there was one. */
export interface StoreEvent {
  readonly key: string;
  readonly current: KeyValue | undefined;
  readonly previous: KeyValue | undefined;
}

/** All that happened in one revision. */
export interface StoreChange {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

/** The keys of a range at one revision. */
export interface RangeResult {
  /** At most `limit`, in the order of their keys. */
  readonly kvs: KeyValue[];
  /** How many there are without the limit. */
  readonly count: number;
}

/** What can be read: the store, or the store with what a transaction wrote so far. */
export interface View {
  readonly revision: number;
  /** Throws `compacted` and `future-revision`. Without a revision, or with 0, reads the newest. */
  range(range: KeyRange, at?: { revision?: number; limit?: number }): RangeResult;
}

interface Version {
  readonly revision: number;
  /** Undefined: the key was deleted. */
  readonly kv: KeyValue | undefined;
}

interface KeyHistory {
  readonly key: string;
  /** Oldest first, never empty. */
  versions: Version[];
}

/** The keys with their history since the last compaction. Pure: no clock and no I/O. */
export class MvccStore implements View {
  readonly #histories = new KeyIndex<KeyHistory>();
  readonly #onChange: (change: StoreChange) => void;
  // The change of revision R lies at R - #firstChangeRevision.
  #changes: StoreChange[] = [];
  #firstChangeRevision = 2;
  #revision = 1;
  #compactRevision = -1;

  constructor(onChange: (change: StoreChange) => void = () => {}) {
    this.#onChange = onChange;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Revisions below this one can be read no more. -1: nothing was compacted yet. */
  get compactRevision(): number {
    return this.#compactRevision;
  }

  range(range: KeyRange, at: { revision?: number; limit?: number } = {}): RangeResult {
    return this.#rangeAt(range, { ...at, newest: this.#revision });
  }

  /** The change of one revision that is not compacted. */
  changeAt(revision: number): StoreChange | undefined {
    return this.#changes[revision - this.#firstChangeRevision];
  }

  /**
   * Runs `body`; all that it writes is one revision. It must not throw once it has written: whoever writes
   * checks first.
   */
  write<T>(body: (transaction: Transaction) => T): T {
    const revision = this.#revision + 1;
    const events: StoreEvent[] = [];
    const transaction = new Transaction({
      revision,
      events,
      range: (range, at) => this.#rangeAt(range, at),
      record: (event) => {
        events.push(event);
        this.#record(event, revision);
      },
    });
    const result = body(transaction);
    if (events.length > 0) this.#commit({ revision, events });
    return result;
  }

  /** Forgets what nobody can read any more when reads below `revision` are refused. */
  compact(revision: number): void {
    if (revision <= this.#compactRevision) throw etcdError("compacted");
    if (revision > this.#revision) throw etcdError("future-revision");
    this.#compactRevision = revision;
    for (const history of this.#histories.all()) {
      const { versions } = history;
      history.versions = versions.slice(Math.max(0, lastUpTo(versions, revision)));
    }
    this.#histories.retain(({ versions }) => versions.length > 1 || versions[0]?.kv !== undefined);
    // A watch may still start at the compacted revision itself.
    this.#changes.splice(0, revision - this.#firstChangeRevision);
    this.#firstChangeRevision = Math.max(this.#firstChangeRevision, revision);
  }

  /** How many bytes the keys and values of all versions have. */
  byteSize(): number {
    let bytes = 0;
    for (const { key, versions } of this.#histories.all()) {
      for (const { kv } of versions) bytes += key.length + (kv?.value.length ?? 0);
    }
    return bytes;
  }

  #rangeAt(
    range: KeyRange,
    { revision = 0, limit = 0, newest }: { revision?: number; limit?: number; newest: number },
  ): RangeResult {
    if (revision > newest) throw etcdError("future-revision");
    const at = revision > 0 ? revision : newest;
    if (at < this.#compactRevision) throw etcdError("compacted");
    const kvs: KeyValue[] = [];
    let count = 0;
    for (const { versions } of this.#histories.inRange(range)) {
      const kv = versions[lastUpTo(versions, at)]?.kv;
      if (kv === undefined) continue;
      count += 1;
      if (limit <= 0 || kvs.length < limit) kvs.push(kv);
    }
    return { kvs, count };
  }

  #record({ key, current }: StoreEvent, revision: number): void {
    const version = { revision, kv: current };
    const history = this.#histories.find(key);
    if (history === undefined) this.#histories.add({ key, versions: [version] });
    else history.versions.push(version);
  }

  #commit(change: StoreChange): void {
    this.#changes.push(change);
    this.#revision = change.revision;
    this.#onChange(change);
  }
}

interface TransactionSeam {
  /** The revision that it makes when it writes. */
  readonly revision: number;
  readonly events: readonly StoreEvent[];
  readonly range: (range: KeyRange, at: { revision?: number; limit?: number; newest: number }) => RangeResult;
  readonly record: (event: StoreEvent) => void;
}

/** Writes of one revision, which see each other. */
export class Transaction implements View {
  readonly #seam: TransactionSeam;

  constructor(seam: TransactionSeam) {
    this.#seam = seam;
  }

  /** The new revision once something was written, the one before until then. */
  get revision(): number {
    return this.#seam.events.length > 0 ? this.#seam.revision : this.#seam.revision - 1;
  }

  range(range: KeyRange, at: { revision?: number; limit?: number } = {}): RangeResult {
    return this.#seam.range(range, { ...at, newest: this.revision });
  }

  /** Puts a key; returns the version before. */
  put(key: string, value: Buffer, lease: string): KeyValue | undefined {
    const previous = this.get(key);
    const { revision } = this.#seam;
    const createRevision = previous?.createRevision ?? revision;
    const version = (previous?.version ?? 0) + 1;
    const current = { key, value, createRevision, modRevision: revision, version, lease };
    this.#seam.record({ key, current, previous });
    return previous;
  }

  /** Deletes the keys of a range; returns what they were. */
  deleteRange(range: KeyRange): KeyValue[] {
    const { kvs } = this.range(range);
    for (const previous of kvs) this.#seam.record({ key: previous.key, current: undefined, previous });
    return kvs;
  }

  get(key: string): KeyValue | undefined {
    return this.range({ from: key, to: `${key}\0` }).kvs[0];
  }
}

/** Where the newest version is that is not newer than `revision`; -1 when there is none. */
function lastUpTo(versions: readonly Version[], revision: number): number {
  // Most reads ask for the newest.
  let low = (versions.at(-1)?.revision ?? 0) <= revision ? versions.length : 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle]?.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
