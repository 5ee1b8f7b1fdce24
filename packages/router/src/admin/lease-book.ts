import type { Keys } from "@wayleave/records";
import type { Store } from "@wayleave/store";

import { type RecordSource, isStore } from "../control/record-source.ts";

const FRESH_MS = 4_000;
/** At most so many are asked for in one look, and so many at a time. */
const MOST_LOOK_UPS = 200;
const AT_A_TIME = 8;

interface Known<T> {
  readonly value: T;
  readonly at: number;
}

/**
 * When leases run out if nobody renews them. etcd is asked for one lease at a time, so only for instances that
 * somebody looks at, and never twice within four seconds.
 */
export class LeaseBook {
  readonly #store: RecordSource;
  readonly #keys: Keys;
  /** The lease of each instance of an app, by id. */
  readonly #leases = new Map<string, Known<ReadonlyMap<string, string>>>();
  readonly #expiries = new Map<string, Known<number | null>>();

  constructor({ store, keys }: { readonly store: RecordSource; readonly keys: Keys }) {
    this.#store = store;
    this.#keys = keys;
  }

  /** Asks for what is not known or not fresh: see {@link LeaseBook.known}. Bounded; never rejects. */
  async look(instances: readonly { readonly app: string; readonly id: string }[]): Promise<void> {
    const store = this.#store;
    if (!isStore(store)) return;
    this.#forget();
    const wanted = instances.slice(0, MOST_LOOK_UPS);
    try {
      for (const app of new Set(wanted.map((instance) => instance.app))) await this.#readLeases(store, app);
      const leaseOf = ({ app, id }: (typeof wanted)[number]): string =>
        this.#leases.get(app)?.value.get(id) ?? "0";
      await this.#readExpiries(store, new Set(wanted.map(leaseOf)));
    } catch {
      // etcd is away: the status says so.
    }
  }

  /** When a lease runs out as of the last look; null: nobody looked lately, or it has none. */
  known(app: string, id: string): number | null {
    const lease = this.#leases.get(app)?.value.get(id) ?? "0";
    return this.#expiries.get(lease)?.value ?? null;
  }

  async #readLeases(store: Store, app: string): Promise<void> {
    if (this.#leases.has(app)) return;
    const prefix = this.#keys.app(app);
    const { records } = await store.list(prefix);
    const value = new Map(records.map(({ key, lease }) => [key.slice(prefix.length), lease]));
    this.#leases.set(app, { value, at: performance.now() });
  }

  async #readExpiries(store: Store, leases: Set<string>): Promise<void> {
    const missing = [...leases].filter((lease) => lease !== "0" && !this.#expiries.has(lease)).values();
    const read = async (): Promise<void> => {
      // One iterator for all: each takes the next one.
      for (const lease of missing) {
        const seconds = await store.leaseSecondsLeft(lease);
        const value = seconds === undefined ? null : Date.now() + seconds * 1_000;
        this.#expiries.set(lease, { value, at: performance.now() });
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, read));
  }

  #forget(): void {
    const limit = performance.now() - FRESH_MS;
    for (const book of [this.#leases, this.#expiries]) {
      for (const [key, { at }] of book) if (at < limit) book.delete(key);
    }
  }
}
