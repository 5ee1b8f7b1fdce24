import { BackOff, StoreError, abortable, sleep } from "@wayleave/store";

/** What ends the attempts, and who is told of each one that found no etcd. */
export interface Attempts {
  readonly signal: AbortSignal;
  readonly onUnreachable: (error: StoreError) => void;
}

/**
 * Does something with etcd, again and again with full jitter while etcd cannot be reached: an app is
 * not to crash because etcd restarts. Rejects with every other error, and with the signal's reason.
 */
export async function keepTrying<T>(work: () => Promise<T>, attempts: Attempts): Promise<T> {
  const backOff = new BackOff({ firstMs: 200, mostMs: 5_000 });
  while (true) {
    await sleep(backOff.next(), attempts.signal);
    attempts.signal.throwIfAborted();
    try {
      return await abortable(work(), attempts.signal);
    } catch (error) {
      attempts.signal.throwIfAborted();
      if (!(error instanceof StoreError && error.code === "unreachable")) throw error;
      attempts.onUnreachable(error);
    }
  }
}
