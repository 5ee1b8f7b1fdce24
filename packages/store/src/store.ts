// What the rest of Wayleave may ask of etcd. This package is the only one that knows etcd itself.

/**
 * etcd's store revision: the clock of every change. etcd has int64; this is a plain number, checked
 * to be a safe integer where it is read (2^53 revisions at 10,000 a second are 28,000 years).
 */
export type Revision = number;

/** One key with its value, as etcd holds it. Keys and values are UTF-8. */
export interface StoredRecord {
  readonly key: string;
  readonly value: string;
  /** Revision at which the key came to be, and at which it was last put. */
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** Decimal int64; `"0"` when the key has no lease. */
  readonly lease: string;
}

/** Every put and delete of one revision. A key stands in it at most once. */
export interface Change {
  readonly revision: Revision;
  readonly puts: readonly StoredRecord[];
  readonly deletes: readonly string[];
}

/** All records of a range at one revision, and why they were listed. */
export interface Snapshot {
  readonly revision: Revision;
  readonly records: readonly StoredRecord[];
  readonly reason: SnapshotReason;
  /** Of the etcd cluster that it is of, decimal; empty when it is of another source. */
  readonly clusterId: string;
}

export type SnapshotReason =
  | "start"
  /** The history after the last handed revision is gone. */
  | "compacted"
  /** The store is one that was restored or wiped. */
  | "went-back"
  | "cluster-changed"
  /** The follower threw. */
  | "follower-failed"
  | "audit"
  | "asked";

/**
 * What `follow` calls, in order: a snapshot first, then changes with growing revisions. When one of them throws, that is
 * reported as a status, and the range is listed again.
 */
export interface Follower {
  /** The whole range at one revision. After the first: compare with what you have, and apply the difference. */
  snapshot(snapshot: Snapshot): void;
  change(change: Change): void;
  /** The link's state changed; see {@link FollowStatus}. */
  status?(status: FollowStatus): void;
}

export interface FollowStatus {
  readonly state: "listing" | "live" | "reconnecting";
  /** The endpoint in use, or the one tried last. */
  readonly endpoint: string;
  /** Why it lists, or why the last watch ended (a fixed word, for metrics), and the error's text. */
  readonly reason?: string;
  readonly error?: string;
}

/** A follow that runs until it is closed. */
export interface Following {
  /** The last revision handed to the follower. */
  readonly revision: Revision;
  /** Epoch milliseconds of the last proof that the link is live (an event or a progress answer). */
  readonly lastProofAt: number;
  /**
   * Lists the range again and hands it to `snapshot` with the given reason, at the revision that the changes have reached:
   * a record that differs then from what the changes made of it is an error, and worth an `audit`. Changes go on coming.
   * Rejects with a {@link StoreError}, `unreachable` when etcd does not answer or, for an audit, when there is no
   * live watch to compare with.
   */
  relist(reason: SnapshotReason): Promise<void>;
  close(): Promise<void>;
}

/** A condition of a write: the key is absent, or was last put at a revision, or exists. */
export type Condition =
  | { readonly key: string; readonly is: "absent" }
  | { readonly key: string; readonly is: "present" }
  | { readonly key: string; readonly modRevision: Revision };

export type Write =
  | { readonly put: string; readonly value: string; readonly lease?: string }
  | { readonly delete: string };

/** Records that are held under one lease, for as long as their owner lives. */
export interface LeasedRecords {
  /** The lease in force; undefined while there is none. */
  readonly lease: string | undefined;
  /**
   * Puts a record under the lease and keeps it there: put again after every loss of the lease, until it is
   * removed. Resolves with the revision at which this value, or a later one of the same key, was put; waits for
   * etcd as long as it takes. Rejects with a {@link StoreError} naming the key when etcd refuses it (`denied`,
   * `read-only`, `too-large`) or `mayTake` does (`conflict`); then what was kept under the key before is kept on.
   */
  set(key: string, value: string, options?: SetOptions): Promise<Revision>;
  /**
   * Deletes a record, if it is still ours, and no longer keeps it. Resolves with the revision of the delete. Rejects
   * with `unreachable` after the store's deadline; it is deleted all the same when etcd answers again.
   */
  remove(key: string): Promise<Revision>;
  /** Revokes the lease, and with it removes what is left. Bounded by the store's deadline; never rejects. */
  close(): Promise<void>;
  /** Stops at once; the lease runs out by itself. */
  destroy(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SetOptions {
  /**
   * Asked when the key holds a record that is not ours, now and after every loss of the lease; false refuses it as a
   * `conflict`. Default: every record may be taken over.
   */
  readonly mayTake?: (existing: StoredRecord) => boolean;
}

export interface LeaseOptions {
  /** Seconds; etcd's minimum is 2. */
  readonly ttlSeconds: number;
  readonly onState?: (state: LeaseState) => void;
}

/** What became of a lease and its records. */
export type LeaseState =
  /** The lease is in force and every record stands under it. */
  | { readonly state: "held"; readonly lease: string }
  /** There is none: etcd did not answer for too long, or forgot it. Another one is being asked for. */
  | { readonly state: "lost"; readonly reason: string }
  /** etcd refuses the lease, or a record that stood before; it is tried again, slowly. */
  | { readonly state: "refused"; readonly error: StoreError };

/** One member of the etcd cluster as it answers for itself. */
export interface MemberStatus {
  readonly endpoint: string;
  readonly isReachable: boolean;
  readonly error?: string;
  readonly version?: string;
  readonly isLeader?: boolean;
  readonly revision?: Revision;
  readonly dbBytes?: number;
  readonly latencyMs?: number;
  readonly alarms?: readonly string[];
}

/** One member as the cluster's own list has it. */
export interface Member {
  /** Empty while it was never started. */
  readonly name: string;
  /** The URLs that it tells clients to use. */
  readonly endpoints: readonly string[];
}

/** What one member tells of itself outside of etcd's API; what it does not tell is missing. */
export interface MemberVitals {
  readonly endpoint: string;
  /** Milliseconds that its clock is ahead of ours, to within half a second and the time of the answer. */
  readonly clockAheadMs?: number;
  readonly quotaBytes?: number;
  /** The last revision whose history is gone; negative when none is. */
  readonly compactedRevision?: Revision;
  /** Why nothing was told. */
  readonly error?: string;
}

export interface Store {
  readonly endpoints: readonly string[];
  /** Linearizable. */
  get(key: string): Promise<{ readonly record: StoredRecord | undefined; readonly revision: Revision }>;
  /**
   * All keys with a prefix at one revision, read in pages: at the newest, linearizable, or at the one that is asked for.
   * Rejects with `compacted` or `future` when etcd does not have that one.
   */
  list(
    prefix: string,
    options?: { readonly revision?: Revision },
  ): Promise<{ readonly records: StoredRecord[]; readonly revision: Revision }>;
  /**
   * One transaction, so one revision: all writes when all conditions hold, else none and a
   * {@link StoreError} with code `conflict` that names the key. At most 128 writes and conditions.
   */
  commit(writes: readonly Write[], conditions?: readonly Condition[]): Promise<Revision>;
  /** Starts following a prefix; never ends by itself, whatever etcd does. */
  follow(prefix: string, follower: Follower): Following;
  /** Starts holding records under one lease. */
  holdLease(options: LeaseOptions): LeasedRecords;
  /**
   * Whole seconds until a lease runs out unless it is renewed; undefined when there is no such lease (any more). Throws a
   * {@link StoreError}.
   */
  leaseSecondsLeft(lease: string): Promise<number | undefined>;
  /** Asks every endpoint for its state; never throws. */
  status(): Promise<readonly MemberStatus[]>;
  /** The members by the cluster's own list. Throws a {@link StoreError}. */
  members(): Promise<readonly Member[]>;
  /** Asks every endpoint for its metrics by HTTP, which few firewalls and no permissions of etcd stop; never throws. */
  vitals(): Promise<readonly MemberVitals[]>;
  /** The local address that reaches etcd, as the kernel chose it. */
  localAddress(): Promise<string>;
  close(): Promise<void>;
  destroy(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface StoreSettings {
  /** `http://host:port` or `https://host:port`; one or more. */
  readonly endpoints: readonly string[];
  readonly auth?: { readonly username: string; readonly password: string };
  /** PEM. */
  readonly tls?: { readonly ca?: Buffer; readonly certificate?: Buffer; readonly key?: Buffer };
  /** Milliseconds for one question to etcd, all attempts at all endpoints together; default 5,000. */
  readonly callTimeoutMs?: number;
}

export type StoreErrorCode =
  | "unreachable"
  | "conflict"
  | "denied"
  | "read-only"
  | "too-large"
  | "lease-lost"
  | "closed"
  | "compacted"
  | "future"
  | "failed";

/** Every error that this package throws: a stable code, and the key or endpoint it is about. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly key: string | undefined;

  constructor(code: StoreErrorCode, message: string, options: { key?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "StoreError";
    this.code = code;
    this.key = options.key;
  }
}
