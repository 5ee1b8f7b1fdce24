import type { Instance } from "@wayleave/records";

import type { TableInstance } from "./table-change.ts";

/**
 * An instance's record with the fields that a router reads, in one fixed shape: a million of them stay small, and reading
 * one is fast. Fields that no router knows are dropped. It never changes, so control's records and a table share it.
 */
export class InstanceRecord implements TableInstance {
  readonly [field: string]: unknown;
  readonly address: string;
  readonly port: number;
  readonly protocol: Instance["protocol"];
  readonly state: "ready" | "draining";
  readonly version: string | undefined;
  readonly zone: string | undefined;
  readonly weight: number | undefined;
  readonly tags: Record<string, string> | undefined;
  readonly since: number;
  readonly isSuspect: boolean;

  constructor(record: Instance, { since, isSuspect }: Pick<TableInstance, "since" | "isSuspect">) {
    this.address = record.address;
    this.port = record.port;
    this.protocol = record.protocol;
    this.state = record.state === "draining" ? "draining" : "ready";
    this.version = record.version && sharedText(record.version);
    this.zone = record.zone && sharedText(record.zone);
    this.weight = record.weight;
    this.tags = record.tags;
    this.since = since;
    this.isSuspect = isSuspect;
  }

  /** The record in this shape: itself, when it is. */
  static of(record: TableInstance): InstanceRecord {
    return record instanceof InstanceRecord ? record : new InstanceRecord(record, record);
  }
}

const MOST_TEXTS = 10_000;
const texts = new Map<string, string>();

/** Zones and versions are few, and every record is read with its own copy of them. */
function sharedText(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= MOST_TEXTS) texts.clear();
  texts.set(text, text);
  return text;
}
