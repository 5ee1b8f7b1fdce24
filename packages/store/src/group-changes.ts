import type { IEvent, IWatchResponse } from "etcd3";

import { readRevision } from "./revision.ts";
import type { Change, StoredRecord } from "./store.ts";
import { toRecord } from "./stored-record.ts";

/** Joins the fragments of watch responses. etcd cuts large ones anywhere, also inside a revision. */
export class ResponseJoiner {
  #events: IEvent[] = [];

  /** Takes one response and gives the changes that it completes; none while more fragments are to come. */
  add({ events, fragment }: Pick<IWatchResponse, "events" | "fragment">): readonly Change[] {
    for (const event of events) this.#events.push(event);
    if (fragment) return [];
    const whole = this.#events;
    this.#events = [];
    return groupChanges(whole);
  }
}

/** Groups events, which etcd sends in order, into one change a revision. */
export function groupChanges(events: readonly IEvent[]): readonly Change[] {
  const changes: Change[] = [];
  let group: IEvent[] = [];
  for (const event of events) {
    const [first] = group;
    if (first !== undefined && first.kv.mod_revision !== event.kv.mod_revision) {
      changes.push(toChange(group));
      group = [];
    }
    group.push(event);
  }
  if (group.length > 0) changes.push(toChange(group));
  return changes;
}

function toChange(events: readonly IEvent[]): Change {
  const puts: StoredRecord[] = [];
  const deletes: string[] = [];
  for (const { type, kv } of events) {
    if (type === "Put") puts.push(toRecord(kv));
    else deletes.push(kv.key.toString());
  }
  return { revision: readRevision(events[0]?.kv.mod_revision ?? "0"), puts, deletes };
}
