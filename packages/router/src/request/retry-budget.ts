// Request path 4 of 7: read -> match -> pick -> CONNECT -> forward -> relay -> log.
// Retries help while few exchanges need them; when all do, they are the load that keeps an app down.

const WINDOW_MS = 5_000;
const SHARE = 0.2;
const LEAST_A_SECOND = 3;

/**
 * How many exchanges may be tried again: 20 % of those that began in the last 5 to 10 seconds, and at
 * least 3 a second. Counts in two windows, this one and the one before it. Times are in milliseconds, by any
 * clock that does not go back.
 */
export class RetryBudget {
  #windowStart: number;
  #began = 0;
  #taken = 0;
  #beganBefore = 0;
  #takenBefore = 0;
  readonly #leastASecond: number;

  /** `shares`: so many budgets share what there is at least, as the workers of a replica do. */
  constructor(nowMs: number, shares = 1) {
    this.#windowStart = nowMs;
    this.#leastASecond = LEAST_A_SECOND / shares;
  }

  /** An exchange began. */
  began(nowMs: number): void {
    this.#turn(nowMs);
    this.#began++;
  }

  /** Takes one retry from the budget; false when there is none left. */
  take(nowMs: number): boolean {
    this.#turn(nowMs);
    const seconds = (WINDOW_MS + nowMs - this.#windowStart) / 1_000;
    const allowed = SHARE * (this.#began + this.#beganBefore) + this.#leastASecond * seconds;
    if (this.#taken + this.#takenBefore + 1 > allowed) return false;
    this.#taken++;
    return true;
  }

  #turn(nowMs: number): void {
    const elapsed = nowMs - this.#windowStart;
    if (elapsed < WINDOW_MS) return;
    const isNext = elapsed < 2 * WINDOW_MS;
    this.#beganBefore = isNext ? this.#began : 0;
    this.#takenBefore = isNext ? this.#taken : 0;
    this.#began = 0;
    this.#taken = 0;
    this.#windowStart = isNext ? this.#windowStart + WINDOW_MS : nowMs;
  }
}
