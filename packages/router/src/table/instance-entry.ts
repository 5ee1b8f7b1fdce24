import { formatAddress } from "@wayleave/records/lean";

import { InstanceRecord } from "./instance-record.ts";
import type { TableInstance } from "./table-change.ts";

/**
 * One instance in one worker's table, for as long as its record lives: the record, replaced whole
 * when it changes, and what this worker counts about it. Exchanges hold on to it, so it outlives
 * its removal (`isGone`). Another address or protocol under the same id is another entry.
 */
export class InstanceEntry {
  readonly id: string;
  /** The table's own: the app that must hear of an ejection. */
  readonly owner: Owner;
  record: TableInstance;
  /** The record is gone, or was taken over by another app: no new exchange, no retry. */
  isGone = false;
  /** Exchanges that run on it now. Changed by {@link began} and {@link ended} only. */
  active = 0;
  /** How many began on it since they were last asked for: see takeStates in workers/instance-states.ts. */
  exchanges = 0;
  /** Gateway failures in a row, ejections so far, and the epoch milliseconds until which it is left out. */
  failures = 0;
  ejections = 0;
  ejectedUntil = 0;
  /** Why the last TLS handshake with it failed; undefined: none did since it answered last. */
  tlsFailure: string | undefined = undefined;
  /** The table's own: who must hear when `active` changes; undefined while nobody must. */
  seats: Seat[] | undefined = undefined;
  /** The table's own: the opaque id of affinity cookies, once it was asked for. */
  opaqueId: string | undefined = undefined;
  #authority: string | undefined = undefined;

  constructor(owner: Owner, id: string, record: TableInstance) {
    this.id = id;
    this.owner = owner;
    this.record = InstanceRecord.of(record);
  }

  get app(): string {
    return this.owner.name;
  }

  /** It speaks HTTP/2, and nothing else. */
  get speaksHttp2(): boolean {
    const { protocol } = this.record;
    return protocol === "h2" || protocol === "h2c";
  }

  /** `address:port` in canonical form: the key of connection pools. Made when it is asked for first. */
  get authority(): string {
    return (this.#authority ??= formatAddress(this.record.address, this.record.port));
  }
}

/** The app of an entry, as far as the entry needs it. */
export interface Owner {
  readonly name: string;
  /** The entry was ejected just now. */
  ejected(entry: InstanceEntry): void;
  /** The entry is ejected no longer, before its time. */
  returned(entry: InstanceEntry): void;
}

/** An instance's place in an order that depends on `active`. */
export interface Seat {
  /** `active` has changed. */
  moved(): void;
}

/** An exchange begins on the instance: call it once for each attempt that goes to it. */
export function began(entry: InstanceEntry): void {
  entry.active++;
  entry.exchanges++;
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
