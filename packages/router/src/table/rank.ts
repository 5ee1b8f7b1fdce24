import type { TableInstance } from "./table-change.ts";

/**
 * Who is asked first: ready instances of the router's own zone (all of them when the router has no
 * zone), then those of other zones, then suspects.
 */
export type Rank = typeof NEAR | typeof FAR | typeof LAST_CHOICE;

const NEAR = 0;
export const FAR = 1;
export const LAST_CHOICE = 2;

/** All ranks, in the order in which they are asked. */
export const RANKS: readonly Rank[] = [NEAR, FAR, LAST_CHOICE];

/** The rank of an instance; undefined when it gets no new traffic: it is draining, or of weight 0. */
export function rankOf(record: TableInstance, zone: string | undefined): Rank | undefined {
  if (record.state === "draining" || record.weight === 0) return undefined;
  if (record.isSuspect) return LAST_CHOICE;
  return zone === undefined || record.zone === zone ? NEAR : FAR;
}
