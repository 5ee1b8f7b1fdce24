import type { Store } from "@wayleave/store";

/** More would be a storm of questions for a list that nobody reads to its end. */
const MOST = 500;
const AT_ONCE = 16;
const WITHIN_MS = 1_000;

/**
 * How many seconds each lease has left, of the first 500. One that is gone, or that etcd did not tell of within a second, is
 * not in the answer. Never throws: a list is worth showing without it.
 */
export async function leaseSeconds(store: Store, leases: Iterable<string>): Promise<Map<string, number>> {
  const open = [...new Set(leases)].slice(0, MOST);
  const seconds = new Map<string, number>();
  const until = performance.now() + WITHIN_MS;
  const ask = async (): Promise<void> => {
    for (let lease = open.pop(); lease !== undefined && performance.now() < until; lease = open.pop()) {
      const left = await store.leaseSecondsLeft(lease).catch(() => undefined);
      if (left !== undefined) seconds.set(lease, left);
    }
  };
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, WITHIN_MS);
  await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, ask)), late.promise]);
  clearTimeout(timer);
  return seconds;
}
