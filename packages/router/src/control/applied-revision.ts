import type { Revision } from "@wayleave/store";

interface Waiter {
  readonly revision: Revision;
  readonly resolve: () => void;
}

/** The revision that the table, with every worker's, has applied; and those who wait for one. */
export class AppliedRevision {
  readonly #waiters = new Set<Waiter>();
  #current: Revision = 0;

  get current(): Revision {
    return this.#current;
  }

  /** Also a lower one: the store may have gone back in time. */
  set(revision: Revision): void {
    this.#current = revision;
    for (const waiter of this.#waiters) if (waiter.revision <= revision) waiter.resolve();
  }

  /** Waits until a revision is applied. Resolves with what is applied then, or after the time is over. */
  async wait(revision: Revision, timeoutMs: number): Promise<Revision> {
    if (this.#current >= revision || timeoutMs <= 0) return this.#current;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { revision, resolve };
    const timer = setTimeout(resolve, timeoutMs).unref();
    this.#waiters.add(waiter);
    await promise;
    this.#waiters.delete(waiter);
    clearTimeout(timer);
    return this.#current;
  }

  /** Lets everybody go who waits. */
  close(): void {
    for (const waiter of this.#waiters) waiter.resolve();
  }
}
