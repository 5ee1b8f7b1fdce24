// Which workers are stuck. They report every second: one that is silent for long holds up every change.

const SILENT_MS = 15_000;
/** Much more than the pause between two looks. */
const HELD_UP_MS = SILENT_MS / 3;

/** What is known of a worker's voice; times are by `performance.now()`. */
export interface Heard {
  readonly lastHeardAt: number;
  /** Before that it may be busy with the table for long. */
  readonly isListening: boolean;
}

/** Looks for workers that have said nothing for 15 s. To be asked about once a second. */
export class SilenceCheck {
  #lookedAt: number;
  /** Silence counts from here: before it this process was held up, with what they said unread. */
  #countsFrom = Number.NEGATIVE_INFINITY;

  constructor(now: number) {
    this.#lookedAt = now;
  }

  /** Those of the workers that are stuck at a time, by `performance.now()`. */
  stuckOf<W extends Heard>(workers: Iterable<W>, now: number): W[] {
    if (now - this.#lookedAt > HELD_UP_MS) this.#countsFrom = now;
    this.#lookedAt = now;
    return [...workers].filter(
      ({ isListening, lastHeardAt }) =>
        isListening && now - Math.max(lastHeardAt, this.#countsFrom) >= SILENT_MS,
    );
  }
}
