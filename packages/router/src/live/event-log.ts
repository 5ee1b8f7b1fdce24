import type { LiveEvent } from "@wayleave/records/api";

const MOST_EVENTS = 2_000;

/** An event before it has its place in the log. */
export type NewEvent = Omit<LiveEvent, "sequence" | "at" | "level" | "revision"> &
  Partial<Pick<LiveEvent, "level" | "revision">>;

/** The last 2,000 things that happened. */
export class EventLog {
  readonly #events: LiveEvent[] = [];
  #oldest = 0;
  #sequence = 0;

  /** The sequence of the newest event; 0 before the first. */
  get newest(): number {
    return this.#sequence;
  }

  add(event: NewEvent): LiveEvent {
    this.#sequence += 1;
    const added = {
      level: "info",
      revision: null,
      ...event,
      sequence: this.#sequence,
      at: Date.now(),
    } as const;
    if (this.#events.length < MOST_EVENTS) this.#events.push(added);
    else {
      this.#events[this.#oldest] = added;
      this.#oldest = (this.#oldest + 1) % MOST_EVENTS;
    }
    return added;
  }

  /** Those after a sequence, the oldest first; of too many, the newest. */
  since(sequence: number, most = MOST_EVENTS): LiveEvent[] {
    const count = Math.max(0, Math.min(this.#sequence - sequence, this.#events.length, most));
    const { length } = this.#events;
    return Array.from({ length: count }, (_, at) => {
      const index = (this.#oldest + length - count + at) % Math.max(1, length);
      return this.#events[index];
    }).filter((event) => event !== undefined);
  }
}
