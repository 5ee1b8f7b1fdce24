// A router that starts with a table on disk: the table goes to the workers slice by slice while it is still being read here, so
// that both are done at about the same time.

import type { Keys } from "@wayleave/records";
import type { Logger } from "pino";

import type { TableChange } from "../table/table-change.ts";
import { VERSION } from "../version.ts";
import type { TableSink } from "./control.ts";
import type { RecordSet } from "./record-set.ts";
import { storedRecords } from "./saved-slice.ts";
import { type SavedState, type StateHeader, readState, stateFile } from "./state-file.ts";

export interface RestoreSettings {
  readonly directory: string;
  readonly keys: Keys;
  /** Empty. */
  readonly records: RecordSet;
  readonly sink: Pick<TableSink, "prepare">;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What was restored, and the change with which it comes into force. */
export interface Restored extends Pick<StateHeader, "provedAt" | "clusterId"> {
  readonly change: TableChange;
}

/**
 * Restores the records of a state directory, and prepares the sink for them. Gives undefined when there is no state, or none
 * that can be believed: the log says which.
 */
export async function restoreState(settings: RestoreSettings): Promise<Restored | undefined> {
  const { directory, keys, logger } = settings;
  const file = stateFile(directory);
  const state = readState(directory, keys.prefix);
  if (state?.ok !== true) {
    if (state === undefined) logger.info({ file }, "state-absent");
    else logger.error({ file, reason: state.reason }, "state-refused");
    return undefined;
  }
  const { revision, provedAt, clusterId, version } = state.value;
  const isOurs = version === VERSION;
  const { change, count } = isOurs ? await restore(state.value, settings) : readAgain(state.value, settings);
  const age = { provedAt: new Date(provedAt).toISOString() };
  logger.warn({ file, revision, records: count, ...age }, "state-loaded");
  return { provedAt, clusterId, change };
}

interface Read {
  readonly change: TableChange;
  /** Routes and instances. */
  readonly count: number;
}

async function restore(state: SavedState, { records, sink, now }: RestoreSettings): Promise<Read> {
  let count = 0;
  for (const { text, slice } of state.lines) {
    const restored = records.restore(slice, now);
    count += restored.routes.length + restored.instances.length;
    await sink.prepare(restored, text);
  }
  return { change: records.restored(state.revision), count };
}

/** Another version may have meant something else: its records are read as etcd's are. */
function readAgain(state: SavedState, { keys, records: set, now }: RestoreSettings): Read {
  const records = [...state.lines].flatMap(({ slice }) => storedRecords(keys, slice));
  const { change } = set.applySnapshot({ ...state, records, reason: "start" }, now);
  return { change, count: change.routes.length + change.instances.length };
}
