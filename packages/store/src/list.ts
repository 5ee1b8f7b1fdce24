import type { IKeyValue, IRangeResponse } from "etcd3";

import { Interrupted, type Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { readFailure } from "./etcd-failure.ts";
import { type KeyRange, rangeAfter, rangeOfPrefix } from "./key-range.ts";
import { readRevision } from "./revision.ts";
import type { Revision, StoredRecord } from "./store.ts";
import { StoreError } from "./store.ts";
import { toRecord } from "./stored-record.ts";

/** A range as it was at one revision of one cluster. */
export interface Listing {
  readonly records: StoredRecord[];
  readonly revision: Revision;
  readonly clusterId: string;
  /** Who answered last. */
  readonly connection: Connection;
}

// etcd 3.4 walks over all keys that are left for every page, so pages must not be small; and one that takes long
// to read holds this process up, so they must not be large.
const FIRST_PAGE_KEYS = 10_000;
const MOST_PAGE_KEYS = 40_000;
const FULL_PAGE_BYTES = 4 * 1024 * 1024;
const ATTEMPTS = 5;

export interface ListOptions {
  /** An older one than the newest. */
  readonly revision?: Revision | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads all keys with a prefix, in pages at one revision; the first page is linearizable. Throws a StoreError; `closed`
 * when the signal ends it.
 */
export async function listPrefix(
  cluster: Cluster,
  prefix: string,
  options: ListOptions = {},
): Promise<Listing> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await new PagedRead(cluster, prefix, options).run();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      if (options.revision !== undefined) throw notThere(error, prefix, options.revision);
      // The revision of the first page is gone, or the store is another one: what was read is worth nothing.
      if (attempt < ATTEMPTS) continue;
      throw new StoreError("failed", `cannot list ${prefix}: ${error.message}`, {
        key: prefix,
        cause: error,
      });
    }
  }
}

class PagedRead {
  readonly #cluster: Cluster;
  readonly #prefix: string;
  readonly #signal: AbortSignal | undefined;
  readonly #records: StoredRecord[] = [];
  #pageKeys = FIRST_PAGE_KEYS;
  #revision: Revision; // 0, to etcd: the newest
  #clusterId: string | undefined;

  constructor(cluster: Cluster, prefix: string, { revision = 0, signal }: ListOptions) {
    this.#cluster = cluster;
    this.#prefix = prefix;
    this.#revision = revision;
    this.#signal = signal;
  }

  async run(): Promise<Listing> {
    let rest: KeyRange | undefined = rangeOfPrefix(this.#prefix);
    let connection = this.#cluster.preferred;
    while (rest !== undefined) {
      const page: Page = await this.#readPage(rest);
      this.#take(page.answer);
      connection = page.connection;
      const last = page.answer.kvs.at(-1);
      rest = page.answer.more && last ? rangeAfter(rest, last.key) : undefined;
    }
    return { records: this.#records, revision: this.#revision, clusterId: this.#clusterId ?? "", connection };
  }

  async #readPage(range: KeyRange): Promise<Page> {
    while (true) {
      const page = await this.#askForPage(range, this.#pageKeys);
      if (page !== "too-large") return page;
      this.#pageKeys = Math.ceil(this.#pageKeys / 4);
    }
  }

  #askForPage(range: KeyRange, limit: number): Promise<Page | "too-large"> {
    return this.#cluster.ask({
      what: `list ${this.#prefix}`,
      key: this.#prefix,
      ...(this.#signal && { signal: this.#signal }),
      // A page is much more work than a call: each endpoint gets a whole call's time for it.
      timeoutMs: this.#cluster.callTimeoutMs * this.#cluster.connections.length,
      attempt: async (connection, timeoutMs) => {
        try {
          const request = { ...range, limit, revision: this.#revision };
          const answer = await connection.call((etcd) => etcd.kv.range(request), timeoutMs);
          return { answer, connection };
        } catch (error) {
          const failure = readFailure(error);
          if (failure.kind === "compacted" || failure.kind === "future-revision")
            throw new Interrupted(failure);
          if (failure.kind === "too-large" && limit > 1) return "too-large";
          throw error;
        }
      },
    });
  }

  #take({ header, kvs }: IRangeResponse): void {
    this.#clusterId ??= header.cluster_id;
    if (this.#clusterId !== header.cluster_id) {
      throw new Interrupted({ kind: "other", text: "the endpoints belong to different clusters" });
    }
    this.#revision ||= readRevision(header.revision);
    for (const kv of kvs) this.#records.push(toRecord(kv));
    if (kvs.length === this.#pageKeys && byteLength(kvs) < FULL_PAGE_BYTES) {
      this.#pageKeys = Math.min(MOST_PAGE_KEYS, this.#pageKeys * 2);
    }
  }
}

function notThere({ failure }: Interrupted, key: string, revision: Revision): StoreError {
  if (failure.kind === "compacted") {
    return new StoreError("compacted", `revision ${revision} is compacted`, { key });
  }
  const isFuture = failure.kind === "future-revision";
  return new StoreError(isFuture ? "future" : "failed", `revision ${revision}: ${failure.text}`, { key });
}

interface Page {
  readonly answer: IRangeResponse;
  readonly connection: Connection;
}

function byteLength(kvs: readonly IKeyValue[]): number {
  return kvs.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
}
