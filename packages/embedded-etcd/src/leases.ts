import { randomBytes } from "node:crypto";

import { etcdError } from "./etcd-error.ts";
import type { StoreChange } from "./mvcc-store.ts";

/** Decimal int64. `"0"` is no lease. */
export type LeaseId = string;

/** What a key has that is held by none. */
export const NO_LEASE: LeaseId = "0";

// etcd's: one and a half election timeouts of 1 s, in whole seconds; and lease.MaxLeaseTTL.
const MIN_TTL_SECONDS = 2;
const MAX_TTL_SECONDS = 9_000_000_000;

interface Lease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  expiresAtMs: number;
  readonly keys: Set<string>;
}

/** A lease as a client may ask for it. */
export interface LeaseView {
  readonly grantedSeconds: number;
  readonly remainingSeconds: number;
  /** Latin1 strings, in order. */
  readonly keys: readonly string[];
}

/** The leases and the keys that each one holds. Pure but for the clock, which is handed in: milliseconds that only grow. */
export class Leases {
  readonly #leases = new Map<LeaseId, Lease>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Grants a lease with an id, or with a new one for `"0"`; gives its id and the TTL that it got. */
  grant(wanted: LeaseId, wantedSeconds: number): { id: LeaseId; ttlSeconds: number } {
    if (wantedSeconds > MAX_TTL_SECONDS) throw etcdError("lease-ttl-too-large");
    const id = wanted === NO_LEASE ? this.#unusedId() : wanted;
    if (this.#leases.has(id)) throw etcdError("lease-exists");
    const ttlSeconds = Math.max(wantedSeconds, MIN_TTL_SECONDS);
    this.#leases.set(id, { id, ttlSeconds, expiresAtMs: this.#now() + ttlSeconds * 1000, keys: new Set() });
    return { id, ttlSeconds };
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  /** Gives a lease its whole TTL again; the TTL in seconds, or 0 when there is no such lease. */
  keepAlive(id: LeaseId): number {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.expiresAtMs <= this.#now()) return 0;
    lease.expiresAtMs = this.#now() + lease.ttlSeconds * 1000;
    return lease.ttlSeconds;
  }

  /** Gives every lease its whole TTL again. */
  renewAll(): void {
    for (const lease of this.#leases.values()) lease.expiresAtMs = this.#now() + lease.ttlSeconds * 1000;
  }

  view(id: LeaseId): LeaseView | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    const remainingMs = Math.max(0, lease.expiresAtMs - this.#now());
    return {
      grantedSeconds: lease.ttlSeconds,
      remainingSeconds: Math.floor(remainingMs / 1000),
      keys: [...lease.keys].toSorted(),
    };
  }

  /** All ids, the one that expires first in front. */
  list(): LeaseId[] {
    const leases = [...this.#leases.values()].toSorted((a, b) => a.expiresAtMs - b.expiresAtMs);
    return leases.map((lease) => lease.id);
  }

  /** The leases whose time is over; they stay until they are removed. */
  expired(): LeaseId[] {
    const now = this.#now();
    return [...this.#leases.values()].filter((lease) => lease.expiresAtMs <= now).map((lease) => lease.id);
  }

  /** Forgets a lease; gives the keys that it held, in order. Throws `lease-not-found`. */
  remove(id: LeaseId): string[] {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw etcdError("lease-not-found");
    this.#leases.delete(id);
    return [...lease.keys].toSorted();
  }

  /** Learns from a change which keys are held now, and which no more. */
  track({ events }: StoreChange): void {
    for (const { key, previous, current } of events) {
      if (previous !== undefined) this.#leases.get(previous.lease)?.keys.delete(key);
      if (current !== undefined) this.#leases.get(current.lease)?.keys.add(key);
    }
  }

  #unusedId(): LeaseId {
    for (;;) {
      const id = (randomBytes(8).readBigUInt64BE() >> 1n).toString();
      if (id !== NO_LEASE && !this.#leases.has(id)) return id;
    }
  }
}
