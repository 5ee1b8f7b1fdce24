import type { TableInstance } from "./table-change.ts";

/**
 * One instance in one worker's table, for as long as its record lives: the record, replaced whole
 * when it changes, and what this worker counts about it. Exchanges hold on to it, so it outlives
 * its removal (`isGone`).
 */
export interface InstanceEntry {
  readonly app: string;
  readonly id: string;
  /** `address:port` in canonical form: the key of connection pools. */
  readonly authority: string;
  record: TableInstance;
  /** The record is gone, or was taken over by another app: no new exchange, no retry. */
  isGone: boolean;
  /** Exchanges that run on it now. */
  active: number;
  /** Gateway failures in a row, ejections so far, and the epoch milliseconds until which it is left out. */
  failures: number;
  ejections: number;
  ejectedUntil: number;
}
