// Slow start: a young instance counts for less than its weight, by its age.

import type { Ask } from "./ask.ts";
import { type InstanceEntry, weightOf } from "./instance-entry.ts";

/** An instance never counts for less than this part of its weight: at 0 it would wait for ever. */
const LEAST_PACE = 0.1;

/**
 * The part of its weight for which an instance counts now: 0.1 to 1, in step with its age, 1 from
 * `slowStartMs` on and when there is no slow start.
 */
export function paceOf(entry: InstanceEntry, ask: Ask): number {
  if (ask.slowStartMs === undefined) return 1;
  const part = (ask.now - entry.record.since) / ask.slowStartMs;
  return part >= 1 ? 1 : Math.max(part, LEAST_PACE);
}

/** The weight for which an instance counts now. */
export function strengthOf(entry: InstanceEntry, ask: Ask): number {
  return weightOf(entry) * paceOf(entry, ask);
}
