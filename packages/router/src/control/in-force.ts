import type { Keys } from "@wayleave/records";
import type { Revision } from "@wayleave/store";

import type { AcceptedInstance, AcceptedRecord } from "./accepted-record.ts";
import { AcceptedRecords, type RecordChecks } from "./accepted-records.ts";
import { type AddressKey, AddressOwners } from "./guards/address-owners.ts";
import { type GuardPolicy, resolveGuardPolicy } from "./guards/guard-policy.ts";
import { VanishedRecords } from "./guards/mass-expiry.ts";

/** Live records that claim the same address. Keys. */
export interface AddressConflict {
  readonly authority: string;
  readonly owner: string;
  /** Out; with `addressConflict: both` in force all the same. */
  readonly others: readonly string[];
}

/** A record, for those who look. */
export interface KnownRecord {
  readonly modRevision: Revision;
  readonly isLeased: boolean;
  /** The key of the instance that has its address instead; undefined: it has it. */
  readonly owner: string | undefined;
}

/** What is believed of etcd's records, and what of them is in force by that. Whoever changes a part of it keeps the others true. */
export class InForce {
  readonly accepted: AcceptedRecords;
  readonly owners = new AddressOwners<AcceptedInstance>();
  readonly vanished = new VanishedRecords<AcceptedInstance>();
  readonly #keys: Keys;

  constructor(keys: Keys, checks: RecordChecks) {
    this.#keys = keys;
    this.accepted = new AcceptedRecords(keys, checks);
  }

  /** What the settings say of the guards. */
  get policy(): GuardPolicy {
    const record = this.accepted.get(this.#keys.settings);
    return resolveGuardPolicy(record?.kind === "settings" ? record.settings : {});
  }

  /** The record that is in force at a key. */
  at(key: string): AcceptedRecord | undefined {
    const record = this.accepted.get(key) ?? this.vanished.get(key);
    if (record?.kind !== "instance") return record;
    const mayShare = this.policy.addressConflict === "both";
    return mayShare || this.owners.owner(record.place)?.key === key ? record : undefined;
  }

  /** The keys at which a record may be in force. */
  *keys(): Iterable<string> {
    for (const { key } of this.accepted.values()) yield key;
    for (const { key } of this.vanished.kept()) yield key;
  }

  /** Whether a live record claims an address. Then nothing is kept there on suspicion. */
  isClaimed(place: AddressKey): boolean {
    return this.owners.at(place).some(({ isLive }) => isLive);
  }

  /** What etcd is believed to hold at a key, as far as it is good; undefined: nothing. */
  known(key: string): KnownRecord | undefined {
    const record = this.accepted.get(key);
    if (record === undefined) return undefined;
    const { modRevision } = record;
    if (record.kind !== "instance") return { modRevision, isLeased: false, owner: undefined };
    const owner = this.at(key) === undefined ? this.owners.owner(record.place)?.key : undefined;
    return { modRevision, isLeased: record.isLeased, owner };
  }

  conflicts(): AddressConflict[] {
    return [...this.owners.contested()].flatMap(([place, claims]) => {
      const live = claims.filter(({ isLive }) => isLive).map(({ key }) => key);
      const { key: owner = "", authority = "" } = this.owners.owner(place) ?? {};
      return live.length > 1 ? [{ authority, owner, others: live.filter((key) => key !== owner) }] : [];
    });
  }
}
