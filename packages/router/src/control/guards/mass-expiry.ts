// A graceful stop writes `state: draining` before its record goes, so a record that vanishes without
// it crashed or expired. When most vanish so within one lease time, it was rather etcd than the apps:
// a frozen leader, a partition. Their instances are kept as suspects: a last choice.
//
// They vanish one after another, for each lease runs out at its own time. So every one of them is a last choice
// at once, and what follows within the window decides for how long: else the apps that are hit first
// would be without an instance until most others are hit too.

/** One lease time of the registrars, in milliseconds: what vanishes within it vanishes together. */
export const MASS_EXPIRY_WINDOW_MS = 15_000;
const FEWEST_VANISHED = 10;

/** Whether so many vanished that etcd is to be doubted: more than half of all, and at least 10. */
export function isMassExpiry(vanished: number, remaining: number): boolean {
  return vanished >= FEWEST_VANISHED && vanished > remaining;
}

/** What {@link VanishedRecords.judge} goes by: the live instances left, epoch milliseconds. */
export interface Evidence {
  readonly remaining: number;
  readonly now: number;
}

interface Vanished<R> {
  readonly record: R;
  readonly at: number;
}

/** The records that vanished within the last window, and the suspects that were made of them: all last choices. */
export class VanishedRecords<R extends { readonly key: string }> {
  // All three in the order of time: Map keeps the order of insertion.
  readonly #recent = new Map<string, Vanished<R>>();
  readonly #unjudged = new Map<string, Vanished<R>>();
  readonly #suspects = new Map<string, Vanished<R>>();
  #lastMassAt = Number.NEGATIVE_INFINITY;

  /** All that are kept, be it only for the window. */
  *kept(): Iterable<R> {
    for (const { record } of this.#suspects.values()) yield record;
    for (const { record } of this.#unjudged.values()) yield record;
  }

  get suspectCount(): number {
    return this.#suspects.size;
  }

  get(key: string): R | undefined {
    return (this.#suspects.get(key) ?? this.#unjudged.get(key))?.record;
  }

  /** A record vanished, without having been draining. */
  add(record: R, now: number): void {
    this.drop(record.key);
    this.#recent.set(record.key, { record, at: now });
    this.#unjudged.set(record.key, { record, at: now });
  }

  /** If it is a mass expiry: what vanished within the window and is no suspect yet. */
  judge({ remaining, now }: Evidence): readonly R[] {
    for (const [key, { at }] of this.#recent) {
      if (at + MASS_EXPIRY_WINDOW_MS > now) break;
      this.#recent.delete(key);
    }
    // What trickles in behind a mass expiry is part of it.
    const isPart = now - this.#lastMassAt < MASS_EXPIRY_WINDOW_MS;
    if (!isPart && !isMassExpiry(this.#recent.size, remaining)) return [];
    return [...this.#unjudged.values()].map(({ record }) => record);
  }

  /** Keeps one of those that {@link judge} gave as a suspect. */
  keep(record: R, now: number): void {
    this.#lastMassAt = now;
    this.#unjudged.delete(record.key);
    this.#suspects.set(record.key, { record, at: now });
  }

  /** What has been kept for long enough: suspects, and what vanished by itself before the window. */
  due(now: number, suspectMs: number): readonly R[] {
    return [
      ...olderThan(this.#unjudged, now - MASS_EXPIRY_WINDOW_MS),
      ...olderThan(this.#suspects, now - suspectMs),
    ];
  }

  /** Forgets a record: its time is up, it is back, its address is claimed, or it refused a connection. */
  drop(key: string): void {
    this.#recent.delete(key);
    this.#unjudged.delete(key);
    this.#suspects.delete(key);
  }
}

function* olderThan<R>(records: ReadonlyMap<string, Vanished<R>>, epochMs: number): Iterable<R> {
  for (const { record, at } of records.values()) {
    if (at > epochMs) return;
    yield record;
  }
}
