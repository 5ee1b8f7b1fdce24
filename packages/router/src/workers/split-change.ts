import type { TableChange } from "../table/table-change.ts";
import type { Outgoing } from "./outbox.ts";
import type { ToWorker } from "./worker-messages.ts";

const RECORDS_A_PART = 500;

/**
 * The messages that bring one change to a worker. A large one goes in parts, which the worker reads in turns of their
 * own and applies together: reading is most of the work, and requests go on in between.
 */
export function* changeMessages(sequence: number, change: TableChange): Iterable<Outgoing> {
  const { routes, instances } = change;
  if (routes.length + instances.length <= RECORDS_A_PART) {
    yield { message: { kind: "change", sequence, change } };
    return;
  }
  for (let at = 0; at < routes.length; at += RECORDS_A_PART) {
    yield { message: { kind: "part", routes: routes.slice(at, at + RECORDS_A_PART), instances: [] } };
  }
  for (let at = 0; at < instances.length; at += RECORDS_A_PART) {
    yield { message: { kind: "part", routes: [], instances: instances.slice(at, at + RECORDS_A_PART) } };
  }
  yield { message: { kind: "change", sequence, change: { ...change, routes: [], instances: [] } } };
}

type Part = Extract<ToWorker, { kind: "part" }>;

/** Puts together what {@link changeMessages} took apart: `parts` came before `change`. */
export function joinChange(parts: readonly Part[], change: TableChange): TableChange {
  if (parts.length === 0) return change;
  return {
    ...change,
    routes: parts.flatMap(({ routes }) => routes),
    instances: parts.flatMap(({ instances }) => instances),
  };
}
