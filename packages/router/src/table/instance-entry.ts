import { formatAddress } from "@wayleave/records/lean";

import type { TableInstance } from "./table-change.ts";

/**
 * One instance in one worker's table, for as long as its record lives: the record, replaced whole
 * when it changes, and what this worker counts about it. Exchanges hold on to it, so it outlives
 * its removal (`isGone`). Another address under the same id is another entry.
 */
export interface InstanceEntry {
  readonly app: string;
  readonly id: string;
  /** `address:port` in canonical form: the key of connection pools. */
  readonly authority: string;
  record: TableInstance;
  /** The record is gone, or was taken over by another app: no new exchange, no retry. */
  isGone: boolean;
  /** Exchanges that run on it now. Changed by {@link began} and {@link ended} only. */
  active: number;
  /** Gateway failures in a row, ejections so far, and the epoch milliseconds until which it is left out. */
  failures: number;
  ejections: number;
  ejectedUntil: number;
  /** The table's own: the app that must hear of an ejection. */
  readonly owner?: Owner | undefined;
  /** The table's own: who must hear when `active` changes; undefined while nobody must. */
  seats?: Seat[] | undefined;
  /** The table's own: the opaque id of affinity cookies, once it was asked for. */
  opaqueId?: string | undefined;
}

/** The app of an entry, as far as the entry needs it. */
export interface Owner {
  readonly name: string;
  /** The entry was ejected just now. */
  ejected(entry: InstanceEntry): void;
}

/** An instance's place in an order that depends on `active`. */
export interface Seat {
  /** `active` has changed. */
  moved(): void;
}

/**
 * Makes the entry of a record. The record is copied into one fixed shape: a million of them stay
 * small, and reading one is fast; fields that no router knows are dropped.
 */
export function createInstanceEntry(owner: Owner, id: string, record: TableInstance): InstanceEntry {
  return {
    app: owner.name,
    id,
    authority: formatAddress(record.address, record.port),
    record: compactRecord(record),
    isGone: false,
    active: 0,
    failures: 0,
    ejections: 0,
    ejectedUntil: 0,
    owner,
    seats: undefined,
    opaqueId: undefined,
  };
}

/** A record with the fields that a router reads, in one fixed order. */
export function compactRecord(record: TableInstance): TableInstance {
  return {
    address: record.address,
    port: record.port,
    protocol: "http",
    state: record.state === "draining" ? "draining" : "ready",
    version: record.version,
    zone: record.zone,
    weight: record.weight,
    tags: record.tags,
    since: record.since,
    isSuspect: record.isSuspect,
  };
}

/** An exchange begins on the instance: call it once for each attempt that goes to it. */
export function began(entry: InstanceEntry): void {
  entry.active++;
  if (entry.seats !== undefined) for (const seat of entry.seats) seat.moved();
}

/** That attempt is over: call it once for each {@link began}. */
export function ended(entry: InstanceEntry): void {
  entry.active--;
  if (entry.seats !== undefined) for (const seat of entry.seats) seat.moved();
}

/** The weight of an instance among those of its app; 1 when its record has none. */
export function weightOf(entry: InstanceEntry): number {
  return entry.record.weight ?? 1;
}
