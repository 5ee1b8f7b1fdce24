import { setImmediate } from "node:timers/promises";

import type { TableChange } from "./table/table-change.ts";
import type { AppliedChange, Table } from "./table/table.ts";

/** About a tenth of a millisecond. */
const RECORDS_A_TURN = 200;

/**
 * Puts a change in force in a table, whole and now. The most of a large one, and of what was prepared for it, is worked in over
 * the next turns, so that requests go on in between; `applied` is told each time what follows from it.
 */
export function applyInTurns(
  table: Table,
  change: TableChange,
  applied: (applied: AppliedChange) => void,
): void {
  if (change.routes.length + change.instances.length <= RECORDS_A_TURN) applied(table.apply(change));
  else {
    table.prepare(change);
    applied(table.apply({ ...change, routes: [], instances: [] }));
  }
  if (!table.isSettled) void settle(table, applied);
}

async function settle(table: Table, applied: (applied: AppliedChange) => void): Promise<void> {
  while (!table.isSettled) {
    await setImmediate();
    applied(table.settle(RECORDS_A_TURN));
  }
}
