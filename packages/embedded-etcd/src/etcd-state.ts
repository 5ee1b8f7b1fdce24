import { randomBytes } from "node:crypto";

import { type LeaseId, Leases } from "./leases.ts";
import { MvccStore, type StoreChange } from "./mvcc-store.ts";

/** The header of every answer. uint64 are decimal strings. */
export interface ResponseHeader {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: number;
  readonly raftTerm: number;
}

const RAFT_TERM = 2; // what a new etcd of one member has

/** What this etcd holds: its keys, its leases, and who it is. All services answer from it. */
export class EtcdState {
  readonly store: MvccStore;
  readonly leases = new Leases();
  // New at every start, as nothing outlives one: a client can tell that this is another cluster.
  readonly clusterId = randomId();
  readonly memberId = randomId();
  readonly #followers = new Set<(change: StoreChange) => void>();

  constructor() {
    this.store = new MvccStore((change) => {
      this.leases.track(change);
      for (const follow of this.#followers) follow(change);
    });
  }

  header(revision: number = this.store.revision): ResponseHeader {
    return { clusterId: this.clusterId, memberId: this.memberId, revision, raftTerm: RAFT_TERM };
  }

  /** Calls back after every change, until the returned function is called. */
  onChange(follow: (change: StoreChange) => void): () => void {
    this.#followers.add(follow);
    return () => this.#followers.delete(follow);
  }

  /** Ends a lease; all its keys go in one revision. Throws `lease-not-found`. */
  revokeLease(id: LeaseId): void {
    const keys = this.leases.remove(id);
    this.store.write((transaction) => {
      for (const key of keys) transaction.deleteRange({ from: key, to: `${key}\0` });
    });
  }

  /** Compacts what lies further back than so many revisions. */
  keepRevisions(revisions: number): void {
    const oldest = this.store.revision - revisions;
    if (oldest > this.store.compactRevision && oldest > 0) this.store.compact(oldest);
  }

  /** Ends the leases whose time is over. */
  revokeExpired(): void {
    for (const id of this.leases.expired()) this.revokeLease(id);
  }
}

function randomId(): string {
  return randomBytes(8).readBigUInt64BE().toString();
}
