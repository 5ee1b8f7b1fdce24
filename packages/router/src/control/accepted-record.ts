import { isDeepStrictEqual } from "node:util";

import { type Route, type Settings, type TableRecord, formatAddress } from "@wayleave/records";
import type { Revision, StoredRecord } from "@wayleave/store";

import { InstanceRecord } from "../table/instance-record.ts";
import type { TableCertificate, TableInstance } from "../table/table-change.ts";
import { type AddressKey, type Claim, addressKey } from "./guards/address-owners.ts";

interface Origin {
  readonly key: string;
  readonly createRevision: Revision;
  /** The revision of this value. The key's newest may be higher, when that one is a bad record. */
  readonly modRevision: Revision;
  /** False: a re-list did not have it, or it vanished; it is kept on suspicion. */
  readonly isLive: boolean;
}

export interface AcceptedSettings extends Origin {
  readonly kind: "settings";
  readonly settings: Settings;
}

export interface AcceptedRoute extends Origin {
  readonly kind: "route";
  readonly host: string;
  readonly path: string;
  readonly route: Route;
}

/** An instance, in as little memory as can be: there may be a million. */
export class AcceptedInstance implements Origin, Claim {
  readonly key: string;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  readonly instance: InstanceRecord;
  readonly isLive: boolean;
  /** Its record goes with a lease. One without a lease goes only when somebody deletes it. */
  readonly isLeased: boolean;

  constructor(from: Omit<Origin, "isLive"> & { readonly isLeased: boolean }, how: InstanceBelief) {
    this.key = from.key;
    this.createRevision = from.createRevision;
    this.modRevision = from.modRevision;
    this.instance = how.instance;
    this.isLive = how.isLive;
    this.isLeased = from.isLeased;
  }

  get kind(): "instance" {
    return "instance";
  }

  get app(): string {
    const end = this.key.lastIndexOf("/");
    return this.key.slice(this.key.lastIndexOf("/", end - 1) + 1, end);
  }

  get id(): string {
    return this.key.slice(this.key.lastIndexOf("/") + 1);
  }

  get place(): AddressKey {
    return addressKey(this.instance.address, this.instance.port);
  }

  get authority(): string {
    return formatAddress(this.instance.address, this.instance.port);
  }

  /** Its record vanished: a last choice. */
  vanished(): AcceptedInstance {
    const instance = new InstanceRecord(this.instance, { since: this.instance.since, isSuspect: true });
    return new AcceptedInstance(this, { instance, isLive: false });
  }
}

interface InstanceBelief {
  readonly instance: InstanceRecord;
  readonly isLive: boolean;
}

export interface AcceptedCertificate extends Origin {
  readonly kind: "certificate";
  readonly name: string;
  readonly certificate: TableCertificate;
}

/** A key's last good value: parsed, and let through by the checks on a single record. Immutable. */
export type AcceptedRecord = AcceptedSettings | AcceptedRoute | AcceptedInstance | AcceptedCertificate;

/** What of a record goes into the table. Two records are the same to it when these are one object. */
export function payload(record: AcceptedRecord): Settings | Route | TableInstance | TableCertificate {
  switch (record.kind) {
    case "settings":
      return record.settings;
    case "route":
      return record.route;
    case "instance":
      return record.instance;
    case "certificate":
      return record.certificate;
  }
}

/** The same record, kept in force though etcd does not have it. */
export function doubtful(record: AcceptedRecord): AcceptedRecord {
  if (record.kind !== "instance") return { ...record, isLive: false };
  return new AcceptedInstance(record, { instance: record.instance, isLive: false });
}

/** What an accepted record comes after: what was in force at its key, and when (epoch milliseconds). */
export interface Predecessor {
  readonly before: AcceptedRecord | undefined;
  readonly now: number;
}

/** A parsed record; of a certificate with what its chain says. */
export type ReadRecord =
  | Exclude<TableRecord, { kind: "certificate" }>
  | { readonly kind: "certificate"; readonly name: string; readonly certificate: TableCertificate };

/** Makes an accepted record. Where its payload equals the predecessor's, it is the predecessor's. */
export function acceptedRecord(
  stored: StoredRecord,
  parsed: ReadRecord,
  { before, now }: Predecessor,
): AcceptedRecord {
  const { key, createRevision, modRevision } = stored;
  const origin = { key, createRevision, modRevision, isLive: true };
  if (parsed.kind === "settings") {
    const known = before?.kind === "settings" ? before.settings : undefined;
    return { ...origin, ...parsed, settings: sameOr(known, parsed.settings) };
  }
  if (parsed.kind === "route") {
    const known = before?.kind === "route" ? before.route : undefined;
    return { ...origin, ...parsed, route: sameOr(known, parsed.route) };
  }
  if (parsed.kind === "certificate") {
    const known = before?.kind === "certificate" ? before.certificate : undefined;
    return { ...origin, ...parsed, certificate: sameOr(known, parsed.certificate) };
  }
  const known = before?.kind === "instance" ? before.instance : undefined;
  const instance = new InstanceRecord(parsed.instance, { since: known?.since ?? now, isSuspect: false });
  const isLeased = stored.lease !== "0";
  return new AcceptedInstance({ ...origin, isLeased }, { instance: sameOr(known, instance), isLive: true });
}

function sameOr<T>(known: T | undefined, value: T): T {
  return known !== undefined && isDeepStrictEqual(known, value) ? known : value;
}
