import { type InstanceEntry, weightOf } from "../instance-entry.ts";

/**
 * The instances of a balancer in the order in which they came, and what is to know of their weights.
 * `remove` keeps the order: it costs a move of the pointers behind (about 10 us at 10,000).
 */
export class Roster {
  readonly entries: InstanceEntry[] = [];
  #heaviest = 0;
  #isEven = true;
  #isStale = false;
  #newest = Number.NEGATIVE_INFINITY;

  /** All weights are equal. */
  get isEven(): boolean {
    if (this.#isStale) this.#weighAgain();
    return this.#isEven;
  }

  /** The greatest weight. */
  get heaviest(): number {
    if (this.#isStale) this.#weighAgain();
    return this.#heaviest;
  }

  /** Whether slow start may concern one of them: none is known to be younger than that. */
  mayHaveYoung(now: number, slowStartMs: number | undefined): boolean {
    return slowStartMs !== undefined && now - this.#newest < slowStartMs;
  }

  add(entry: InstanceEntry): void {
    this.#weigh(weightOf(entry), this.entries.length === 0);
    this.#newest = Math.max(this.#newest, entry.record.since);
    this.entries.push(entry);
  }

  /** Gives the place at which the entry stood, or -1. */
  remove(entry: InstanceEntry): number {
    const at = this.entries.indexOf(entry);
    if (at === -1) return -1;
    this.entries.splice(at, 1);
    // Equal weights stay equal; only unequal ones may have become equal, or lost their greatest.
    if (!this.#isEven) this.#isStale = true;
    return at;
  }

  #weigh(weight: number, isFirst: boolean): void {
    if (isFirst) {
      this.#heaviest = weight;
      this.#isEven = true;
      this.#isStale = false;
    } else if (weight !== this.#heaviest) {
      this.#isEven = false;
      this.#heaviest = Math.max(this.#heaviest, weight);
    }
  }

  #weighAgain(): void {
    for (const [at, entry] of this.entries.entries()) this.#weigh(weightOf(entry), at === 0);
    this.#isStale = false;
  }
}
