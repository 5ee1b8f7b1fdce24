import { setTimeout as delay } from "node:timers/promises";

/** For how long to wait, and for what. */
export interface EventuallyOptions {
  /** Default 10,000. */
  readonly withinMs?: number;
  /** What is waited for, as the failure should name it. */
  readonly what?: string;
}

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/**
 * Calls `check` until it does not throw, and resolves with what it returned. After `withinMs` it
 * rejects with the last error as `cause`; a check that hangs counts as one that failed.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = 10_000, what = "the condition" }: EventuallyOptions = {},
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let lastError: unknown;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    try {
      return await before(deadline, check);
    } catch (error) {
      lastError = error instanceof CheckHung ? (lastError ?? error) : error;
    }
    if (performance.now() + pauseMs >= deadline) break;
    await delay(pauseMs);
  }
  const reason = lastError instanceof Error ? lastError.message : String(lastError);
  throw new Error(`${what} did not hold within ${withinMs} ms: ${reason}`, { cause: lastError });
}

class CheckHung extends Error {}

async function before<T>(deadline: number, check: () => T | Promise<T>): Promise<T> {
  const hung = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => hung.reject(new CheckHung("the check never came to an end")),
    Math.max(1, deadline - performance.now()),
  );
  try {
    return await Promise.race([check(), hung.promise]);
  } finally {
    clearTimeout(timer);
  }
}
