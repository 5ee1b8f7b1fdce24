/** One value and what comes after it, which is read from the source when somebody first asks. */
interface Link<T> {
  readonly value: T;
  readonly next: () => Link<T> | undefined;
}

/**
 * One iteration for many readers, each at its own pace: every value is made once, and let go when the last
 * reader has passed it.
 */
export function readByAll<T>(source: Iterable<T>, readers: number): Iterable<T>[] {
  const first = linkFrom(source[Symbol.iterator]());
  return Array.from({ length: readers }, () => follow(first));
}

function linkFrom<T>(source: Iterator<T>): () => Link<T> | undefined {
  let made: { readonly link: Link<T> | undefined } | undefined;
  return () => {
    if (made !== undefined) return made.link;
    const { done, value } = source.next();
    made = { link: done === true ? undefined : { value, next: linkFrom(source) } };
    return made.link;
  };
}

function* follow<T>(first: () => Link<T> | undefined): Generator<T> {
  let next = first;
  for (;;) {
    const link = next();
    if (link === undefined) return;
    yield link.value;
    next = link.next;
  }
}
