// What a pick is asked, and who may be its answer. Everything that serves and everything that explains
// asks these two functions.

import type { Destination } from "@wayleave/records";

import type { InstanceEntry } from "./instance-entry.ts";

/** One pick's question. A table keeps one and fills it anew for each pick, so that a pick allocates nothing. */
export interface Ask {
  /** Epoch milliseconds. */
  now: number;
  /** A number from 0 to below 1. */
  random: () => number;
  /** Instances that this exchange has tried already. */
  tried: readonly InstanceEntry[] | undefined;
  /** Exchanges that one instance may run at once. */
  maxActive: number;
  slowStartMs: number | undefined;
  /** What `hash` balances by; undefined when the request does not have it. */
  hashKey: string | undefined;
  /** Too many of the app are ejected (`Selection.mustUseEjected`): ejection does not count. */
  usesEjected: boolean;
  /** A pick that takes no turn: `explain` sees what the next request would get. */
  isRehearsal: boolean;
  /** Set by the pick: the destination that serves. */
  destination: Destination | undefined;
  /** Set when an instance was left out only because it is at its limit. */
  metSaturated: boolean;
}

/** Why an instance that takes traffic does not get this exchange. */
export type LeftOut = "gone" | "tried" | "ejected" | "saturated";

/** Why an instance may not serve now; undefined when it may. */
export function whyLeftOut(entry: InstanceEntry, ask: Ask): LeftOut | undefined {
  if (entry.isGone) return "gone";
  if (ask.tried !== undefined && ask.tried.includes(entry)) return "tried";
  if (entry.ejectedUntil > ask.now && !ask.usesEjected) return "ejected";
  if (entry.active >= ask.maxActive) return "saturated";
  return undefined;
}

/** Whether an instance may serve now; notes on `ask` when only its connection limit forbids it. */
export function mayServe(entry: InstanceEntry, ask: Ask): boolean {
  const why = whyLeftOut(entry, ask);
  if (why === "saturated") ask.metSaturated = true;
  return why === undefined;
}
