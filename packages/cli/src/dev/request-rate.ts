const WINDOW_MS = 2_000;

/** Requests a second over the last two seconds, from a count that grows. */
export class RequestRate {
  #seen: { readonly at: number; readonly count: number }[] = [];

  /** Takes the count at a time in milliseconds, and gives the rate, rounded. */
  at(now: number, count: number): number {
    this.#seen.push({ at: now, count });
    const from = this.#seen.findLastIndex(({ at }) => at <= now - WINDOW_MS);
    if (from > 0) this.#seen = this.#seen.slice(from);
    const [first] = this.#seen;
    if (first === undefined || first.at === now) return 0;
    return Math.round(((count - first.count) * 1_000) / (now - first.at));
  }
}
