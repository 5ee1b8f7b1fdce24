import { type Keys, parseReplica } from "@wayleave/records";
import type { ReplicaView } from "@wayleave/records/api";

import { type RecordSource, isStore } from "../control/record-source.ts";

const FRESH_MS = 1_000;
/** Replicas say at most four times a second how far they are. */
const BEHIND_AFTER_MS = 2_000;

/** The replicas of the installation, as etcd has them: asked for at most once a second, and only while somebody looks. */
export class ReplicaBook {
  readonly #store: RecordSource;
  readonly #keys: Keys;
  readonly #id: string;
  readonly #laggingSince = new Map<string, number>();
  #views: ReplicaView[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<ReplicaView[]> | undefined;

  constructor({
    store,
    keys,
    id,
  }: {
    readonly store: RecordSource;
    readonly keys: Keys;
    readonly id: string;
  }) {
    this.#store = store;
    this.#keys = keys;
    this.#id = id;
  }

  /** Those of now; when etcd does not answer, those that were known. */
  async look(): Promise<ReplicaView[]> {
    if (performance.now() - this.#askedAt < FRESH_MS) return this.#views;
    this.#asking ??= this.#ask();
    try {
      return await this.#asking;
    } catch {
      return this.#views;
    } finally {
      this.#asking = undefined;
    }
  }

  /** Those of now, whenever they were asked for last. Rejects with a StoreError. */
  lookAgain(): Promise<ReplicaView[]> {
    return this.#ask();
  }

  async #ask(): Promise<ReplicaView[]> {
    if (!isStore(this.#store)) return [];
    const { records } = await this.#store.list(this.#keys.replicas);
    this.#askedAt = performance.now();
    const replicas = records.flatMap(({ key, value }) => {
      const parsed = parseReplica(value);
      return parsed.ok ? [{ ...parsed.value, id: key.slice(this.#keys.replicas.length) }] : [];
    });
    const furthest = replicas.reduce((most, { revision }) => Math.max(most, revision), 0);
    for (const id of this.#laggingSince.keys()) {
      if (!replicas.some((replica) => replica.id === id)) this.#laggingSince.delete(id);
    }
    this.#views = replicas.map((replica) => {
      const lag = furthest - replica.revision;
      return { ...replica, isThis: replica.id === this.#id, lag, isBehind: this.#isBehind(replica.id, lag) };
    });
    return this.#views;
  }

  #isBehind(id: string, lag: number): boolean {
    if (lag === 0) {
      this.#laggingSince.delete(id);
      return false;
    }
    const since = this.#laggingSince.get(id) ?? performance.now();
    this.#laggingSince.set(id, since);
    return performance.now() - since >= BEHIND_AFTER_MS;
  }
}
