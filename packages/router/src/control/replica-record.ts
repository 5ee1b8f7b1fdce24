// Config path 5 of 5: follow -> parse -> guard -> hand out -> ACKNOWLEDGE.
// Tells everybody, at replicas/<id>, how far this router has come: the barrier waits for it.

import type { Replica } from "@wayleave/records";
import type { LeasedRecords, Revision, Store } from "@wayleave/store";
import type { Logger } from "pino";

/** At most four times a second: under many changes the last one is what counts. */
const PAUSE_MS = 250;
/** What etcd refuses (no permission, no space) it will refuse for a while. */
const REFUSED_PAUSE_MS = 5_000;
const TTL_SECONDS = 15;

export interface ReplicaRecordSettings {
  readonly store: Store;
  readonly key: string;
  readonly replica: () => Omit<Replica, "revision">;
  readonly logger: Logger;
}

/** This replica's record, under its own lease. It is there from the first table of etcd's on. */
export class ReplicaRecord {
  readonly #settings: ReplicaRecordSettings;
  #lease: LeasedRecords | undefined;
  #revision: Revision | undefined;
  #published: Revision | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure: string | undefined;
  #isClosed = false;

  constructor(settings: ReplicaRecordSettings) {
    this.#settings = settings;
  }

  /** Why the record is not there; undefined when it is, or when etcd is just not reachable. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Publishes an applied revision: at once, or with the next that may go out. */
  publish(revision: Revision): void {
    this.#revision = revision;
    if (this.#timer === undefined && !this.#isClosed) this.#send();
  }

  /** Removes the record. Bounded by the store's deadline; never rejects. */
  async close(): Promise<void> {
    this.#stop();
    await this.#lease?.close();
  }

  /** Leaves the record to its lease. */
  destroy(): void {
    this.#stop();
    this.#lease?.destroy();
  }

  #stop(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #send(): void {
    const revision = this.#revision;
    if (revision === undefined || revision === this.#published) return;
    const { store, key, replica } = this.#settings;
    this.#lease ??= store.holdLease({ ttlSeconds: TTL_SECONDS });
    this.#published = revision;
    // Not awaited: it waits for etcd as long as it takes, and a later value takes its place.
    this.#lease.set(key, JSON.stringify({ ...replica(), revision })).then(
      () => this.#tell(undefined),
      (error: unknown) => this.#refused(error),
    );
    this.#sendAfter(PAUSE_MS);
  }

  #sendAfter(pauseMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, pauseMs).unref();
  }

  #refused(error: unknown): void {
    if (this.#isClosed) return;
    this.#tell(error instanceof Error ? error.message : String(error));
    this.#published = undefined;
    this.#sendAfter(REFUSED_PAUSE_MS);
  }

  #tell(failure: string | undefined): void {
    if (failure === this.#failure) return;
    this.#failure = failure;
    const { key, logger } = this.#settings;
    if (failure === undefined) logger.info({ key }, "replica-published");
    else logger.error({ key, error: failure }, "replica-not-published");
  }
}
