// A line of the state file: some records. What workers need of them stands there in their own words, so that the line goes to
// them as it is; what only control needs stands beside it.

import type { Keys } from "@wayleave/records";
import type { Revision, StoredRecord } from "@wayleave/store";

import { type WrittenRecords, fromWritten, toWritten } from "../table/written-records.ts";
import { AcceptedInstance, type AcceptedRecord, type AcceptedRoute, payload } from "./accepted-record.ts";
import { routeChange } from "./table-difference.ts";

/** JSON-able. */
export interface SavedSlice extends WrittenRecords {
  readonly routesAt: SavedRevisions;
  readonly instancesAt: SavedRevisions;
  /** Settings and certificates: the key, and what was parsed of its value. They are few, and have checks of their own. */
  readonly others: readonly (readonly [key: string, created: Revision, modified: Revision, said: object])[];
}

/** Of each record in its list. */
interface SavedRevisions {
  readonly created: readonly Revision[];
  readonly modified: readonly Revision[];
}

/** What goes to disk of these records. A certificate goes as it stands in etcd. */
export function savedSlice(records: readonly AcceptedRecord[]): SavedSlice {
  const routes = records.filter((record) => record.kind === "route");
  const instances = records.filter((record) => record.kind === "instance");
  const others = records.filter(({ kind }) => kind !== "route" && kind !== "instance");
  return {
    ...toWritten({ routes: routes.map(routeChange), instances }),
    routesAt: revisionsOf(routes),
    instancesAt: revisionsOf(instances),
    others: others.map((record) => {
      const said = record.kind === "certificate" ? record.certificate.record : payload(record);
      return [record.key, record.createRevision, record.modRevision, said];
    }),
  };
}

/** The records as they were accepted, and the others to be read as etcd's are: see {@link storedRecords}. */
export interface RestoredRecords {
  readonly routes: readonly AcceptedRoute[];
  readonly instances: readonly AcceptedInstance[];
  readonly others: readonly StoredRecord[];
}

/** The records of a slice, without parsing routes and instances a second time. */
export function restoredRecords(keys: Keys, slice: SavedSlice): RestoredRecords {
  const { routes, instances } = fromWritten(slice);
  return {
    routes: routes.flatMap(({ host, path, route }, at) => {
      const origin = { key: keys.route(host, path), ...revisionsAt(slice.routesAt, at), isLive: true };
      return route === null ? [] : [{ ...origin, kind: "route" as const, host, path, route }];
    }),
    instances: instances.flatMap(({ app, id, instance }, at) => {
      // Its lease is not saved: it may have run out.
      const origin = { key: keys.instance(app, id), ...revisionsAt(slice.instancesAt, at), isLeased: false };
      return instance === null ? [] : [new AcceptedInstance(origin, { instance, isLive: true })];
    }),
    others: slice.others.map(([key, createRevision, modRevision, said]) =>
      stored({ key, createRevision, modRevision }, said),
    ),
  };
}

/** All records of a slice as etcd had them, to be read as etcd's are. */
export function storedRecords(keys: Keys, slice: SavedSlice): StoredRecord[] {
  const { routes, instances, others } = restoredRecords(keys, slice);
  return [
    ...routes.map((record) => stored(record, record.route)),
    ...instances.map((record) => stored(record, saidOf(record))),
    ...others,
  ];
}

function stored(
  at: Pick<AcceptedRecord, "key" | "createRevision" | "modRevision">,
  said: object,
): StoredRecord {
  const { key, createRevision, modRevision } = at;
  return { key, createRevision, modRevision, value: JSON.stringify(said), lease: "0" };
}

/** Without this router's own words. */
function saidOf({ instance }: AcceptedInstance): object {
  const { since: _, isSuspect: __, ...said } = instance;
  return said;
}

function revisionsOf(records: readonly AcceptedRecord[]): SavedRevisions {
  return {
    created: records.map(({ createRevision }) => createRevision),
    modified: records.map(({ modRevision }) => modRevision),
  };
}

function revisionsAt({ created, modified }: SavedRevisions, at: number) {
  return { createRevision: created[at] ?? 0, modRevision: modified[at] ?? 0 };
}
