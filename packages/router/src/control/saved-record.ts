import type { Instance, Keys, Route } from "@wayleave/records";
import type { Revision, StoredRecord } from "@wayleave/store";

import { InstanceRecord } from "../table/instance-record.ts";
import { AcceptedInstance, type AcceptedRecord, payload } from "./accepted-record.ts";

type Place = readonly [key: string, createRevision: Revision, modRevision: Revision];

/** A record of a state file: where it stood, and what was parsed of its value, as JSON. */
export type SavedRecord =
  | readonly ["instance", ...Place, Instance]
  | readonly ["route", ...Place, Route]
  | readonly ["other", ...Place, object];

/** What of a record goes to disk. A certificate goes as it stands in etcd. */
export function savedRecord(record: AcceptedRecord): SavedRecord {
  const { key, createRevision, modRevision } = record;
  if (record.kind === "instance") {
    // These are this router's own words.
    const { since: _, isSuspect: __, ...instance } = record.instance;
    return ["instance", key, createRevision, modRevision, instance];
  }
  if (record.kind === "route") return ["route", key, createRevision, modRevision, record.route];
  const said = record.kind === "certificate" ? record.certificate.record : payload(record);
  return ["other", key, createRevision, modRevision, said];
}

/** The record as etcd had it, to be read as etcd's are. Its lease is not saved: it may have run out. */
export function storedRecord([, key, createRevision, modRevision, said]: SavedRecord): StoredRecord {
  return { key, createRevision, modRevision, value: JSON.stringify(said), lease: "0" };
}

/**
 * A record as it was accepted, without parsing it a second time, or as it was stored: routes and instances are many,
 * the others have checks of their own. `now`: epoch milliseconds.
 */
export function restoredRecord(keys: Keys, saved: SavedRecord, now: number): AcceptedRecord | StoredRecord {
  const [kind, key, createRevision, modRevision, said] = saved;
  const origin = { key, createRevision, modRevision, isLive: true };
  if (kind === "instance") {
    const instance = new InstanceRecord(said, { since: now, isSuspect: false });
    return new AcceptedInstance({ ...origin, isLeased: false }, { instance, isLive: true });
  }
  if (kind === "route") {
    const slash = key.indexOf("/", keys.routes.length);
    const place = { host: key.slice(keys.routes.length, slash), path: key.slice(slash) };
    return { ...origin, ...place, kind, route: said };
  }
  return storedRecord(saved);
}
