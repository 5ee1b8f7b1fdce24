import { BackOff, jittered } from "./back-off.ts";
import type { Cluster } from "./cluster.ts";
import { KeptRecord } from "./kept-record.ts";
import { deleteLeased, putLeased } from "./leased-record.ts";
import { Pause } from "./pause.ts";
import { type Revision, type SetOptions, StoreError } from "./store.ts";

const REFUSED_RETRY_MS = 15_000;
const REMEMBERED_LEASES = 16;
const MOST_PAUSE_MS = 60_000;

/** The lease that records are kept under for a while. */
export interface Keeping {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** All records stand, or the error of one that cannot. */
  readonly onState: (error: StoreError | undefined) => void;
}

/** The records that one owner wants under its lease, whichever that is now. */
export class LeaseRecords {
  readonly #cluster: Cluster;
  readonly #records = new Map<string, KeptRecord>();
  readonly #pause = new Pause();
  /** Leases that are or were ours, the latest last. */
  #leases: readonly string[] = [];

  constructor(cluster: Cluster, life: AbortSignal) {
    this.#cluster = cluster;
    life.addEventListener("abort", () => this.#pause.end(), { once: true });
  }

  /** Wants a value at a key, or with undefined no record; resolves and rejects as `set` and `remove` do. */
  want(key: string, value: string | undefined, mayTake?: SetOptions["mayTake"]): Promise<Revision> {
    const record = this.#records.get(key) ?? new KeptRecord(key);
    this.#records.set(key, record);
    const done = record.want(value, mayTake);
    this.#pause.end();
    return done;
  }

  /** Resolves after a time, or before it when something new is wanted. */
  changed(ms: number): Promise<void> {
    return this.#pause.wait(ms);
  }

  /** Brings every record under a lease, and each that is wanted later. Resolves with why it ended; never rejects. */
  async keepUnder(lease: string, { signal, onState }: Keeping): Promise<string> {
    this.#leases = [...this.#leases.filter((id) => id !== lease), lease].slice(-REMEMBERED_LEASES);
    signal.addEventListener("abort", () => this.#pause.end(), { once: true });
    const backOff = new BackOff();
    while (!signal.aborted) {
      try {
        onState(await this.#settleAll(lease, signal));
        backOff.reset();
        await this.#pause.wait(this.#nextRetryMs(lease));
      } catch (error) {
        if (error instanceof StoreError && error.code === "lease-lost")
          return "etcd has no such lease any more";
        await this.#pause.wait(backOff.next());
      }
    }
    return "closed";
  }

  /** Rejects what was never put, because there is no lease for it. */
  refuseNew(error: StoreError): void {
    for (const record of this.#records.values()) {
      if (!record.hasWaiting) continue;
      const { key } = record;
      const named = new StoreError(error.code, `${error.message} to keep ${key}`, { key, cause: error });
      record.refused(record.begin(), { error: named, retryAt: 0 });
      this.#forget(record);
    }
  }

  /** Tells all who wait that nothing will come. */
  abandon(errorFor: (key: string) => StoreError): void {
    for (const record of this.#records.values()) record.abandon(errorFor(record.key));
  }

  // Gives the error of a record that is refused. Throws when etcd does not answer or the lease is gone.
  async #settleAll(lease: string, signal: AbortSignal): Promise<StoreError | undefined> {
    for (const record of this.#records.values()) {
      if (record.isSettled(lease) || (record.refusal?.retryAt ?? 0) > performance.now()) continue;
      await this.#settle(record, lease, signal);
      this.#forget(record);
    }
    return [...this.#records.values()].find(({ refusal }) => refusal !== undefined)?.refusal?.error;
  }

  async #settle(record: KeptRecord, lease: string, signal: AbortSignal): Promise<void> {
    const attempt = record.begin();
    const own = {
      key: record.key,
      putAt: record.standing?.revision,
      isOurs: (id: string) => this.#leases.includes(id),
      mayTake: record.mayTake,
      signal,
    };
    try {
      const { value } = attempt;
      const revision = await (value === undefined
        ? deleteLeased(this.#cluster, own)
        : putLeased(this.#cluster, own, { value, lease }));
      record.succeeded(attempt, { lease, revision });
    } catch (error) {
      if (mayPass(error)) {
        record.postpone(attempt);
        throw error;
      }
      const retryAt = performance.now() + jittered(REFUSED_RETRY_MS);
      record.refused(attempt, { error: asStoreError(error, record.key), retryAt });
    }
  }

  // Neither wanted nor standing: nothing is left to do.
  #forget(record: KeptRecord): void {
    if (record.wanted === undefined && record.standing === undefined && record.isSettled("")) {
      this.#records.delete(record.key);
    }
  }

  #nextRetryMs(lease: string): number {
    const open = [...this.#records.values()].filter((record) => !record.isSettled(lease));
    const retryAt = Math.min(...open.map(({ refusal }) => refusal?.retryAt ?? 0));
    return Math.min(MOST_PAUSE_MS, Math.max(0, retryAt - performance.now()));
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof StoreError && ["unreachable", "closed", "lease-lost"].includes(error.code);
}

function asStoreError(error: unknown, key: string): StoreError {
  if (error instanceof StoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError("failed", `cannot keep ${key}: ${reason}`, { key, cause: error });
}
