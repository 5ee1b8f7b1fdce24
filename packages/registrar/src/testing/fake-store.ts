import { StoreError } from "@wayleave/store";
import type {
  Change,
  Follower,
  Following,
  LeaseOptions,
  LeasedRecords,
  Revision,
  SetOptions,
  Store,
  StoredRecord,
} from "@wayleave/store";

/** A store in memory that a test can take away or make refuse. Every write is kept in `history`. */
export class FakeStore implements Store {
  readonly endpoints = ["http://fake"];
  readonly records = new Map<string, StoredRecord>();
  readonly history: Change[] = [];
  readonly leases: FakeLease[] = [];
  revision: Revision = 1;
  #failure: StoreError | undefined;
  #reachable = Promise.withResolvers<void>();
  readonly #followers = new Map<Follower, string>();

  /** Thrown by every call while it is set; a leased record waits for the end of an `unreachable`. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  set failure(failure: StoreError | undefined) {
    this.#failure = failure;
    if (failure?.code === "unreachable") return;
    this.#reachable.resolve();
    this.#reachable = Promise.withResolvers<void>();
  }

  put(key: string, value: string, lease = "0"): Revision {
    const modRevision = ++this.revision;
    const createRevision = this.records.get(key)?.createRevision ?? modRevision;
    const record = { key, value, lease, createRevision, modRevision };
    this.records.set(key, record);
    return this.#tell({ revision: modRevision, puts: [record], deletes: [] });
  }

  delete(key: string): Revision {
    if (!this.records.delete(key)) return this.revision;
    return this.#tell({ revision: ++this.revision, puts: [], deletes: [key] });
  }

  get(): Promise<never> {
    return notFaked();
  }

  list(): Promise<never> {
    return notFaked();
  }

  commit(): Promise<never> {
    return notFaked();
  }

  follow(prefix: string, follower: Follower): Following {
    const error = this.failure?.message;
    if (error === undefined) {
      this.#followers.set(follower, prefix);
      const { revision } = this;
      follower.snapshot({ revision, records: this.#under(prefix), reason: "start", clusterId: "1" });
    } else {
      follower.status?.({ state: "reconnecting", endpoint: "http://fake", error });
    }
    const close = async () => void this.#followers.delete(follower);
    return { revision: this.revision, lastProofAt: Date.now(), relist: async () => {}, close };
  }

  /** How many follow now. */
  get following(): number {
    return this.#followers.size;
  }

  holdLease(options: LeaseOptions): LeasedRecords {
    const lease = new FakeLease(this, options);
    this.leases.push(lease);
    return lease;
  }

  leaseSecondsLeft(): Promise<never> {
    return notFaked();
  }

  members(): Promise<never> {
    return notFaked();
  }

  vitals(): Promise<never> {
    return notFaked();
  }

  status(): Promise<never> {
    return notFaked();
  }

  async localAddress(): Promise<string> {
    this.ask();
    return "127.0.0.1";
  }

  async close(): Promise<void> {}

  destroy(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Throws what a call to etcd would throw now. */
  ask(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when etcd is not `unreachable`. */
  async untilReachable(): Promise<void> {
    while (this.#failure?.code === "unreachable") await this.#reachable.promise;
  }

  #under(prefix: string): StoredRecord[] {
    return [...this.records.values()].filter((record) => record.key.startsWith(prefix));
  }

  #tell(change: Change): Revision {
    this.history.push(change);
    for (const [follower, prefix] of this.#followers) {
      const puts = change.puts.filter((record) => record.key.startsWith(prefix));
      const deletes = change.deletes.filter((key) => key.startsWith(prefix));
      if (puts.length + deletes.length > 0) follower.change({ revision: change.revision, puts, deletes });
    }
    return change.revision;
  }
}

function notFaked(): Promise<never> {
  return Promise.reject(new Error("the registrar is not known to ask this of a store"));
}

/** The lease of a {@link FakeStore}; a test tells it what befalls it. */
class FakeLease implements LeasedRecords {
  readonly lease = "77";
  readonly #store: FakeStore;
  readonly #options: LeaseOptions;
  readonly #kept = new Map<string, string>();
  /** How often `set` was called. */
  sets = 0;
  isClosed = false;
  isDestroyed = false;

  constructor(store: FakeStore, options: LeaseOptions) {
    this.#store = store;
    this.#options = options;
  }

  get ttlSeconds(): number {
    return this.#options.ttlSeconds;
  }

  async set(key: string, value: string, { mayTake }: SetOptions = {}): Promise<Revision> {
    this.sets += 1;
    await this.#store.untilReachable();
    this.#store.ask();
    const existing = this.#store.records.get(key);
    if (existing !== undefined && existing.lease !== this.lease && mayTake?.(existing) === false) {
      throw new StoreError("conflict", `${key} belongs to somebody else`, { key });
    }
    this.#kept.set(key, value);
    return this.#store.put(key, value, this.lease);
  }

  async remove(key: string): Promise<Revision> {
    this.#kept.delete(key);
    this.#store.ask();
    const isOurs = this.#store.records.get(key)?.lease === this.lease;
    return isOurs ? this.#store.delete(key) : this.#store.revision;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.#store.failure !== undefined) return;
    for (const key of this.#kept.keys()) this.#store.delete(key);
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Loses the lease, and with it the records. */
  lose(): void {
    for (const key of this.#kept.keys()) this.#store.delete(key);
    this.#options.onState?.({ state: "lost", reason: "expired" });
  }

  /** Grants it anew: the records are put again. */
  hold(): void {
    for (const [key, value] of this.#kept) this.#store.put(key, value, this.lease);
    this.#options.onState?.({ state: "held", lease: this.lease });
  }

  refuse(error: StoreError): void {
    this.#options.onState?.({ state: "refused", error });
  }
}
