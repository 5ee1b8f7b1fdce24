import type { Revision } from "@wayleave/store";

import type { CertificateChange, InstanceChange, RouteChange, TableChange } from "../table/table-change.ts";
import { type AcceptedRecord, type AcceptedRoute, payload } from "./accepted-record.ts";

/** Gives what is in force at a key now. */
type InForce = (key: string) => AcceptedRecord | undefined;

/**
 * Collects which keys an edit touches, with what was in force there before it, and makes the change
 * out of those where something else is in force afterwards. Its cost is that of the edit, whatever
 * the size of the table.
 */
export class TableDifference {
  readonly #before = new Map<string, AcceptedRecord | undefined>();
  readonly #inForce: InForce;

  constructor(inForce: InForce) {
    this.#inForce = inForce;
  }

  /** Must be called before anything changes that decides what is in force at the key. */
  touch(key: string): void {
    if (!this.#before.has(key)) this.#before.set(key, this.#inForce(key));
  }

  toChange(revision: Revision): TableChange {
    return changeOf(revision, this.#edits());
  }

  *#edits(): Iterable<Edit> {
    for (const [key, before] of this.#before) yield { before, after: this.#inForce(key) };
  }
}

/** What was in force at a key, and what is now. */
export interface Edit {
  readonly before: AcceptedRecord | undefined;
  readonly after: AcceptedRecord | undefined;
}

/** The change that these edits are to a table. */
export function changeOf(revision: Revision, edits: Iterable<Edit>): TableChange {
  const routes: RouteChange[] = [];
  const instances: InstanceChange[] = [];
  const certificates: CertificateChange[] = [];
  let change: TableChange = { revision, routes, instances };
  for (const { before, after } of edits) {
    const place = after ?? before;
    if (place === undefined || isSame(before, after)) continue;
    if (place.kind === "settings") {
      change = { ...change, settings: after?.kind === "settings" ? after.settings : null };
    } else if (place.kind === "route") {
      const { host, path } = place;
      routes.push(after?.kind === "route" ? routeChange(after) : { host, path, route: null });
    } else if (place.kind === "certificate") {
      const { name } = place;
      certificates.push({ name, certificate: after?.kind === "certificate" ? after.certificate : null });
    } else if (after?.kind === "instance") {
      // It says the same, and a million more objects would be a tenth of the memory.
      instances.push(after);
    } else {
      instances.push({ app: place.app, id: place.id, instance: null });
    }
  }
  return certificates.length === 0 ? change : { ...change, certificates };
}

/** The change that puts a route in force: without what only control knows of it, for it goes to other processes. */
export function routeChange({ host, path, route }: AcceptedRoute): RouteChange {
  return { host, path, route };
}

function isSame(before: AcceptedRecord | undefined, after: AcceptedRecord | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return payload(before) === payload(after);
}
