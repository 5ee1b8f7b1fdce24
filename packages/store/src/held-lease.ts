// One lease and the records under it, kept for as long as their owner lives: through restarts of etcd, changes of its
// leader, cut networks and a wiped store.

import { BackOff, jittered, sleep } from "./back-off.ts";
import type { Cluster } from "./cluster.ts";
import { type Lease, grantLease, newLeaseId, reviveLease, revokeLease } from "./lease-grant.ts";
import { LeaseRecords } from "./lease-records.ts";
import { LeaseRenewal } from "./lease-renewal.ts";
import {
  type LeasedRecords,
  type LeaseOptions,
  type LeaseState,
  type Revision,
  type SetOptions,
  StoreError,
} from "./store.ts";

const REFUSED_RETRY_MS = 15_000;
/** A lease that was held this long was a good one: the next is asked for at once. */
const STEADY_MS = 1_000;

/** The {@link LeasedRecords} of one owner. */
export class HeldLease implements LeasedRecords {
  readonly #cluster: Cluster;
  readonly #options: LeaseOptions;
  readonly #records: LeaseRecords;
  readonly #life = new AbortController();
  readonly #running: Promise<void>;
  #held: Lease | undefined;
  /** The last lease that was granted, in force or not. */
  #lastId: string | undefined;
  #nextId = newLeaseId();
  #told = "";
  #closing: Promise<void> | undefined;

  constructor(cluster: Cluster, options: LeaseOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#records = new LeaseRecords(cluster, this.#life.signal);
    this.#running = this.#run();
  }

  /** Resolves, never rejects, when it keeps nothing any more. */
  get closed(): Promise<void> {
    return this.#running;
  }

  get lease(): string | undefined {
    return this.#held?.id;
  }

  async set(key: string, value: string, { mayTake }: SetOptions = {}): Promise<Revision> {
    if (this.#life.signal.aborted) throw closedError(key);
    return this.#records.want(key, value, mayTake);
  }

  async remove(key: string): Promise<Revision> {
    if (this.#life.signal.aborted) throw closedError(key);
    const deleted = this.#records.want(key, undefined);
    const timeout = new AbortController();
    const late = sleep(this.#cluster.callTimeoutMs, timeout.signal).then(() => {
      const message = `etcd does not answer: ${key} is deleted later, or runs out with its lease`;
      throw new StoreError("unreachable", message, { key });
    });
    try {
      return await Promise.race([deleted, late]);
    } finally {
      late.catch(() => {});
      deleted.catch(() => {});
      timeout.abort();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  destroy(): void {
    this.#life.abort();
    this.#closing ??= this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#life.abort();
    await this.#running;
    if (this.#lastId !== undefined) await revokeLease(this.#cluster, this.#lastId).catch(() => {}); // it runs out by itself
  }

  async #run(): Promise<void> {
    const { signal } = this.#life;
    const backOff = new BackOff();
    while (!signal.aborted) {
      try {
        const lease = await this.#acquire();
        const since = performance.now();
        const reason = await this.#hold(lease);
        if (performance.now() - since > STEADY_MS) backOff.reset();
        this.#tell({ state: "lost", reason });
      } catch (error) {
        await this.#explain(error);
      }
      await sleep(backOff.next(), signal);
    }
    this.#records.abandon((key) => closedError(key));
  }

  // The old lease first: after an outage it costs etcd nothing to renew it, but a new one for every owner is a storm.
  async #acquire(): Promise<Lease> {
    const { signal } = this.#life;
    const revived = this.#lastId && (await reviveLease(this.#cluster, this.#lastId, signal));
    if (revived) return revived;
    const { ttlSeconds } = this.#options;
    const lease = await grantLease(this.#cluster, { id: this.#nextId, ttlSeconds, signal });
    this.#lastId = lease.id;
    this.#nextId = newLeaseId();
    return lease;
  }

  async #hold(lease: Lease): Promise<string> {
    const period = new AbortController();
    const signal = AbortSignal.any([period.signal, this.#life.signal]);
    this.#held = lease;
    const keeping = this.#records.keepUnder(lease.id, {
      signal,
      onState: (error) =>
        this.#tell(error ? { state: "refused", error } : { state: "held", lease: lease.id }),
    });
    try {
      return await Promise.race([new LeaseRenewal(this.#cluster, lease, signal).run(), keeping]);
    } finally {
      this.#held = undefined;
      period.abort();
      await keeping;
    }
  }

  // There is no lease, and why.
  async #explain(error: unknown): Promise<void> {
    const { signal } = this.#life;
    if (signal.aborted) return;
    if (error instanceof StoreError && error.code !== "unreachable") {
      this.#records.refuseNew(error);
      this.#tell({ state: "refused", error });
      await this.#records.changed(jittered(REFUSED_RETRY_MS));
    } else {
      this.#tell({ state: "lost", reason: error instanceof Error ? error.message : String(error) });
    }
  }

  #tell(state: LeaseState): void {
    const told = JSON.stringify(state);
    if (told === this.#told || this.#life.signal.aborted) return;
    this.#told = told;
    try {
      this.#options.onState?.(state);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error)); // an owner's mistake must not lose its lease
    }
  }
}

function closedError(key: string): StoreError {
  return new StoreError("closed", `the lease is closed: ${key} is not kept`, { key });
}
