// What comes and goes, in the order of coming. A Set would do, but for V8's collector: one that has lived for a while gets a new
// table in the old generation whenever it grows or shrinks, and the table before keeps all that was in it, and all that
// hangs on that, until the next full collection (docs/request-cost.md, what outlives its connection).

/** What can be in one list at a time. The fields are the list's. */
export interface Listed<T> {
  before: T | undefined;
  behind: T | undefined;
}

/** A list of its own members: adding and deleting make nothing. */
export class LinkedList<T extends Listed<T>> implements Iterable<T> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get first(): T | undefined {
    return this.#first;
  }

  get last(): T | undefined {
    return this.#last;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts one that is in no list behind the others. */
  add(one: T): void {
    one.before = this.#last;
    if (this.#last === undefined) this.#first = one;
    else this.#last.behind = one;
    this.#last = one;
    this.#size += 1;
  }

  /** Takes one out; nothing happens when it is not in. It must not be in another list. */
  delete(one: T): void {
    const { before, behind } = one;
    if (before === undefined && this.#first !== one) return;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    // One that is old and gone would hold what comes behind it.
    one.before = undefined;
    one.behind = undefined;
    this.#size -= 1;
  }

  /** Those that are in it now, whatever becomes of them meanwhile. */
  [Symbol.iterator](): ArrayIterator<T> {
    const all: T[] = [];
    for (let one = this.#first; one !== undefined; one = one.behind) all.push(one);
    return all[Symbol.iterator]();
  }
}
