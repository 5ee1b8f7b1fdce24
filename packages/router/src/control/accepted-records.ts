// Config path 2 of 5: follow -> PARSE -> guard -> hand out -> acknowledge.
// A bad record is data: its key's last good value stays in force, and the reason is kept.

import {
  type Keys,
  type Parsed,
  type PolicyRecord,
  type TableRecord,
  invalid,
  parseTableRecord,
  valid,
} from "@wayleave/records";
import type { Revision, StoredRecord } from "@wayleave/store";

import { type AcceptedRecord, type Predecessor, type ReadRecord, acceptedRecord } from "./accepted-record.ts";
import { authoritiesRefusal } from "../certificates/check-authorities.ts";
import type { CertificateCheck } from "../certificates/check-certificate.ts";
import type { AddressCheck } from "./guards/allowed-addresses.ts";
import { excessOf } from "./guards/record-size.ts";

/** Why the newest value of a key is not in force. */
export interface Rejection {
  readonly key: string;
  readonly revision: Revision;
  readonly reason: string;
  /** Epoch milliseconds since which the key's newest value is bad, as far as this router saw. */
  readonly since: number;
  /** The revision of the value that is in force instead; undefined: none is. */
  readonly inForce: Revision | undefined;
}

/** What decides about single records, beside their schemas. */
export interface RecordChecks {
  readonly address: AddressCheck;
  readonly certificate: CertificateCheck;
}

/** The last good value of every key, and the rejection of every key whose newest value is bad. */
export class AcceptedRecords {
  readonly #keys: Keys;
  readonly #checks: RecordChecks;
  readonly #accepted = new Map<string, AcceptedRecord>();
  readonly #rejected = new Map<string, Rejection>();
  readonly #counts = { settings: 0, route: 0, instance: 0, certificate: 0 };

  constructor(keys: Keys, checks: RecordChecks) {
    this.#keys = keys;
    this.#checks = checks;
  }

  get(key: string): AcceptedRecord | undefined {
    return this.#accepted.get(key);
  }

  values(): Iterable<AcceptedRecord> {
    return this.#accepted.values();
  }

  count(kind: AcceptedRecord["kind"]): number {
    return this.#counts[kind];
  }

  rejections(): ReadonlyMap<string, Rejection> {
    return this.#rejected;
  }

  /** Every key that etcd is believed to have, whether its newest value is good or not. */
  *keys(): Iterable<string> {
    yield* this.#accepted.keys();
    for (const key of this.#rejected.keys()) if (!this.#accepted.has(key)) yield key;
  }

  /** The revision of the newest value of a key, good or bad. */
  newestRevision(key: string): Revision | undefined {
    return this.#rejected.get(key)?.revision ?? this.#accepted.get(key)?.modRevision;
  }

  /** Reads the newest value of a key. */
  put(stored: StoredRecord, predecessor: Predecessor): void {
    const record = this.#accept(stored, predecessor);
    if (typeof record === "string") return this.#reject(stored, record, predecessor.now);
    this.#rejected.delete(stored.key);
    this.replace(record);
  }

  /** Takes a record that was accepted before; false: its address is not allowed any more. */
  restore(record: AcceptedRecord, now: number): boolean {
    const refusal = this.#refusalOf(record);
    if (refusal === undefined) this.replace(record);
    else this.#reject(record, refusal, now);
    return refusal === undefined;
  }

  /** Puts a record in the place of its key's last good value. */
  replace(record: AcceptedRecord): void {
    const { size } = this.#accepted;
    this.#accepted.set(record.key, record);
    if (this.#accepted.size > size) this.#counts[record.kind] += 1;
  }

  /** The key is gone. */
  delete(key: string): void {
    this.withdraw(key);
    this.#rejected.delete(key);
  }

  /** Takes a key's last good value out of force. The rejection of its newest value stays. */
  withdraw(key: string): void {
    const record = this.#accepted.get(key);
    if (record === undefined) return;
    this.#counts[record.kind] -= 1;
    this.#accepted.delete(key);
    const rejection = this.#rejected.get(key);
    if (rejection !== undefined) this.#rejected.set(key, { ...rejection, inForce: undefined });
  }

  #accept(stored: StoredRecord, predecessor: Predecessor): AcceptedRecord | string {
    const excess = excessOf(stored.value);
    if (excess !== undefined) return excess;
    const parsed = parseTableRecord(this.#keys, stored.key, stored.value);
    if (!parsed.ok) return parsed.reason;
    const read = this.#read(parsed.value);
    if (!read.ok) return read.reason;
    const record = acceptedRecord(stored, read.value, predecessor);
    return this.#refusalOf(record) ?? record;
  }

  #read(record: TableRecord): Parsed<ReadRecord> {
    if (record.kind !== "certificate") {
      const refusal = record.kind === "instance" ? undefined : authoritiesRefusal(policyOf(record));
      return refusal === undefined ? valid(record) : invalid(refusal);
    }
    const certificate = this.#checks.certificate(record.name, record.certificate);
    return certificate.ok ? valid({ ...record, certificate: certificate.value }) : certificate;
  }

  #refusalOf(record: AcceptedRecord): string | undefined {
    if (record.kind !== "instance") return undefined;
    return this.#checks.address(record.instance.address, record.instance.port);
  }

  #reject(
    { key, modRevision: revision }: Pick<StoredRecord, "key" | "modRevision">,
    reason: string,
    now: number,
  ): void {
    const since = this.#rejected.get(key)?.since ?? now;
    const inForce = this.#accepted.get(key)?.modRevision;
    this.#rejected.set(key, { key, revision, reason, since, inForce });
  }
}

function policyOf(record: Extract<TableRecord, { kind: "settings" | "route" }>): PolicyRecord {
  return record.kind === "settings" ? record.settings : record.route;
}
