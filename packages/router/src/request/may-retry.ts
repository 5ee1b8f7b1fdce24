// Request path 4 of 7: read -> match -> pick -> CONNECT -> forward -> relay -> log.
// When an attempt may be followed by another one.

import { FAILURES, type FailureCode } from "./failures.ts";

/** What counts when an attempt has failed. */
export interface FailedAttempt {
  readonly failure: FailureCode;
  readonly method: string;
  readonly hasBody: boolean;
  readonly hasIdempotencyKey: boolean;
  /** Bytes of the request may have reached the instance. */
  readonly isSent: boolean;
  /** The engine still has the whole request. */
  readonly canResend: boolean;
  /** Attempts so far, this one included, and how many there may be. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Time since the head was read, and how much an exchange may take; milliseconds. */
  readonly elapsedMs: number;
  readonly exchangeMs: number | undefined;
}

const FINAL = new Set<FailureCode>(["answer-timeout", "internal"]);
// RFC 9110 section 9.2.2.
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/**
 * Whether the request may go to another instance. What no instance has seen, may; what one has seen,
 * only if seeing it twice does no harm; never when the client is at fault or the time is over. Pure;
 * the budget has its say after it.
 *
 * Never after `answer-timeout`: the instance still works on it, the client has waited its time, and
 * slow apps get slower by doing everything twice.
 */
export function mayRetry(attempt: FailedAttempt): boolean {
  if (FAILURES[attempt.failure].fault === "client" || FINAL.has(attempt.failure)) return false;
  if (!attempt.canResend || attempt.attempts >= attempt.maxAttempts) return false;
  if (attempt.exchangeMs !== undefined && attempt.elapsedMs >= attempt.exchangeMs) return false;
  if (!attempt.isSent) return true;
  return attempt.hasIdempotencyKey || (IDEMPOTENT.has(attempt.method) && !attempt.hasBody);
}
