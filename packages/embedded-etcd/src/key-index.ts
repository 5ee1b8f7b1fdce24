import type { KeyRange } from "./key-range.ts";

/** What an index holds: something with a key that never changes. */
interface Keyed {
  readonly key: string;
}

const MOST_IN_CHUNK = 512;

/**
 * Entries in the order of their keys. They lie in sorted chunks of bounded size: to add one moves a chunk's worth of
 * entries at most, not all.
 */
export class KeyIndex<Entry extends Keyed> {
  #chunks: Entry[][] = [];

  find(key: string): Entry | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)];
    const entry = chunk?.[firstFrom(chunk, key)];
    return entry?.key === key ? entry : undefined;
  }

  /** Adds an entry whose key is not there yet. */
  add(entry: Entry): void {
    const at = this.#chunkOf(entry.key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([entry]);
      return;
    }
    chunk.splice(firstFrom(chunk, entry.key), 0, entry);
    if (chunk.length > MOST_IN_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(MOST_IN_CHUNK / 2));
  }

  /** The entries of a range, in order. */
  *inRange({ from, to }: KeyRange): Generator<Entry> {
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] ?? [];
      for (let index = firstFrom(chunk, from); index < chunk.length; index++) {
        const entry = chunk[index];
        if (entry === undefined || (to !== undefined && entry.key >= to)) return;
        yield entry;
      }
    }
  }

  /** All entries, in order. */
  all(): Generator<Entry> {
    return this.inRange({ from: "", to: undefined });
  }

  /** Keeps the entries that pass. */
  retain(passes: (entry: Entry) => boolean): void {
    this.#chunks = this.#chunks.map((chunk) => chunk.filter(passes)).filter((chunk) => chunk.length > 0);
  }

  // The last chunk that begins at or before the key, or the first one.
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.#chunks[middle]?.[0];
      if (first !== undefined && first.key <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function firstFrom(chunk: readonly Keyed[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = chunk[middle];
    if (entry !== undefined && entry.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
