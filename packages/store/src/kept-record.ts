import type { Revision, SetOptions, StoreError } from "./store.ts";

/** What stands in etcd under a key, as far as we know. */
interface Standing {
  readonly value: string;
  readonly lease: string;
  readonly revision: Revision;
}

/** One key that is to be kept, or to be deleted, and who waits for it. */
export class KeptRecord {
  readonly key: string;
  /** Undefined: to be deleted. */
  #wanted: string | undefined;
  #mayTake: SetOptions["mayTake"];
  #standing: Standing | undefined;
  #waiting: PromiseWithResolvers<Revision>[] = [];
  #refusal: Refusal | undefined;

  constructor(key: string) {
    this.key = key;
  }

  get wanted(): string | undefined {
    return this.#wanted;
  }

  /** Why it does not stand although it is wanted. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  get mayTake(): SetOptions["mayTake"] {
    return this.#mayTake;
  }

  get standing(): Standing | undefined {
    return this.#standing;
  }

  /** Wants a value, or with undefined a delete. The promise settles with the attempt that brings it about. */
  want(value: string | undefined, mayTake?: SetOptions["mayTake"]): Promise<Revision> {
    const waiting = Promise.withResolvers<Revision>();
    this.#wanted = value;
    this.#mayTake = mayTake ?? this.#mayTake;
    this.#waiting.push(waiting);
    this.#refusal = undefined;
    return waiting.promise;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether the wanted value stands under this lease and nobody waits to hear it. */
  isSettled(lease: string): boolean {
    return !this.hasWaiting && this.#stands(lease);
  }

  /** Begins an attempt: gives what is to be reached, and who is to be told. */
  begin(): Attempt {
    return { value: this.#wanted, waiting: this.#waiting.splice(0) };
  }

  /** The attempt was not decided: those who wait go on waiting. */
  postpone({ waiting }: Attempt): void {
    this.#waiting.unshift(...waiting);
  }

  succeeded({ value, waiting }: Attempt, { lease, revision }: { lease: string; revision: Revision }): void {
    this.#standing = value === undefined ? undefined : { value, lease, revision };
    this.#refusal = undefined;
    for (const { resolve } of waiting) resolve(revision);
  }

  /**
   * The attempt was refused. A value that somebody waited for is no longer wanted: what stood before is. What nobody
   * waited for, and every delete, is tried again at `retryAt`.
   */
  refused({ value, waiting }: Attempt, refusal: Refusal): void {
    if (waiting.length === 0 || value === undefined) this.#refusal = refusal;
    else if (this.#wanted === value) this.#wanted = this.#standing?.value;
    this.abandon(refusal.error, waiting);
  }

  /** Tells all who wait that nothing will come. */
  abandon(error: unknown, waiting: Attempt["waiting"] = this.#waiting.splice(0)): void {
    for (const { reject } of waiting) reject(error);
  }

  #stands(lease: string): boolean {
    if (this.#wanted === undefined) return this.#standing === undefined;
    return this.#standing?.lease === lease && this.#standing.value === this.#wanted;
  }
}

/** An error of etcd's, and until when it is believed, by `performance.now()`. */
export interface Refusal {
  readonly error: StoreError;
  readonly retryAt: number;
}

/** A value to be put, or with undefined a key to be deleted, and who is to be told. */
export interface Attempt {
  readonly value: string | undefined;
  readonly waiting: readonly PromiseWithResolvers<Revision>[];
}
