// Passive ejection: instances that fail live traffic are left out for a while. See Selection.mustUseEjected
// for the app that fails as a whole.

import type { InstanceEntry } from "./instance-entry.ts";
import type { Policy } from "./policy.ts";

/** What a failure led to: left out for a while; given up, as it was a suspect; nothing yet. */
export type Verdict = "ejected" | "dropped" | undefined;

/**
 * No connection to the instance could be made, at epoch milliseconds `now`: it is ejected at once. A
 * suspect is dropped: its record is gone already, and this was the proof.
 */
export function connectFailed(entry: InstanceEntry, policy: Policy, now: number): Verdict {
  if (entry.record.isSuspect && !entry.isGone) {
    entry.isGone = true;
    return "dropped";
  }
  return eject(entry, policy, now);
}

/** The instance was reached but gave no whole answer, at `now`; several times in a row eject it. */
export function gatewayFailed(entry: InstanceEntry, policy: Policy, now: number): Verdict {
  if (entry.ejectedUntil > now) return undefined;
  entry.failures++;
  return entry.failures >= policy.ejection.consecutiveFailures ? eject(entry, policy, now) : undefined;
}

/**
 * The instance answered, at `now`. Its failures are no longer in a row; once it has kept well for as
 * long as it was out the last time, its earlier ejections are forgotten. One that is out and answers all the same,
 * because its app had to use it, is out no longer.
 */
export function answered(entry: InstanceEntry, policy: Policy, now: number): void {
  if (entry.failures !== 0) entry.failures = 0;
  if (entry.tlsFailure !== undefined) entry.tlsFailure = undefined;
  if (entry.ejections === 0) return;
  if (now < entry.ejectedUntil) return returnEarly(entry, policy, now);
  if (now >= entry.ejectedUntil + ejectionMs(policy, entry.ejections)) entry.ejections = 0;
}

function eject(entry: InstanceEntry, policy: Policy, now: number): Verdict {
  // Exchanges that began before the ejection fail one after the other: they are one ejection. One that
  // is gone must not count as out in an app that it is no part of.
  if (entry.ejectedUntil > now || entry.isGone) return undefined;
  entry.failures = 0;
  entry.ejections++;
  entry.ejectedUntil = now + ejectionMs(policy, entry.ejections);
  entry.owner.ejected(entry);
  return "ejected";
}

// `now` is when the exchange began: what began before the ejection says nothing of the time after it.
function returnEarly(entry: InstanceEntry, policy: Policy, now: number): void {
  if (now < entry.ejectedUntil - ejectionMs(policy, entry.ejections)) return;
  entry.ejectedUntil = now;
  entry.owner?.returned(entry);
}

function ejectionMs(policy: Policy, ejections: number): number {
  return Math.min(policy.ejection.baseMs * ejections, policy.ejection.maxMs);
}
