import type { RecordChanges, TableChange } from "../table/table-change.ts";
import { type WrittenRecords, fromWritten, toWritten } from "../table/written-records.ts";
import type { Outgoing } from "./outbox.ts";

const RECORDS_A_MESSAGE = 500;

/**
 * The messages that bring changes to a worker, in order; the last one says the `sequence` by which it tells that it has all of
 * them. Small ones go together, since a message costs more than a change. A large one goes in parts, which the worker takes in
 * turns of their own and puts in force together: requests go on in between. Records go as JSON text, which is written once
 * for all workers, and read in half the time that V8's own serialization takes.
 */
export function* changeMessages(sequence: number, changes: readonly TableChange[]): Iterable<Outgoing> {
  let joined: TableChange[] = [];
  let size = 0;
  for (const change of changes) {
    const isLarge = sizeOf(change) > RECORDS_A_MESSAGE;
    if (isLarge || size + sizeOf(change) > RECORDS_A_MESSAGE) {
      if (joined.length > 0) yield joinedMessage(NOT_THE_LAST, joined);
      joined = [];
      size = 0;
    }
    if (isLarge) yield* partMessages(change);
    joined.push(isLarge ? { ...change, routes: [], instances: [] } : change);
    size += isLarge ? 0 : sizeOf(change);
  }
  yield joinedMessage(sequence, joined);
}

/** The messages that bring records to a worker ahead of the change that they are of. */
export function* partMessages({ routes, instances }: RecordChanges): Iterable<Outgoing> {
  for (let at = 0; at < routes.length; at += RECORDS_A_MESSAGE) {
    yield partMessage({ routes: routes.slice(at, at + RECORDS_A_MESSAGE), instances: [] });
  }
  for (let at = 0; at < instances.length; at += RECORDS_A_MESSAGE) {
    yield partMessage({ routes: [], instances: instances.slice(at, at + RECORDS_A_MESSAGE) });
  }
}

/** The same of records that are written already. */
export function writtenPart(records: string): Outgoing {
  return { message: { kind: "part", records } };
}

/** Reads the records of a part. */
export function readRecords(text: string): RecordChanges {
  const written: WrittenRecords = JSON.parse(text);
  return fromWritten(written);
}

/** Reads the changes of a message. */
export function readChanges(text: string): TableChange[] {
  const written: readonly WrittenChange[] = JSON.parse(text);
  return written.map((change) => ({ ...change, ...fromWritten(change) }));
}

type WrittenChange = Omit<TableChange, "instances"> & WrittenRecords;

/** Sequences begin at 1. */
const NOT_THE_LAST = 0;

function sizeOf({ routes, instances }: RecordChanges): number {
  return routes.length + instances.length;
}

function partMessage(records: RecordChanges): Outgoing {
  return writtenPart(JSON.stringify(toWritten(records)));
}

function joinedMessage(sequence: number, changes: readonly TableChange[]): Outgoing {
  const written = changes.map((change): WrittenChange => ({ ...change, ...toWritten(change) }));
  return { message: { kind: "changes", sequence, changes: JSON.stringify(written) } };
}
