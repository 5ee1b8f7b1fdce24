// What workers know of instances, put together for the admin listener: running exchanges add up; of failures and ejections
// the worst is told, since each worker judges by what it saw itself.

import { setImmediate } from "node:timers/promises";

import type { Ejection } from "../data-plane.ts";
import type { InstanceEntry } from "../table/instance-entry.ts";
import type { Table } from "../table/table.ts";
import type { InstanceState } from "./worker-messages.ts";

const ENTRIES_A_TURN = 1_000;

/**
 * The states of the instances that had an exchange since the last time, or are still busy or failing; lets requests in
 * between. What begins from now on is for the next time.
 */
export async function takeStates(table: Table): Promise<InstanceState[]> {
  const states: InstanceState[] = [];
  let seen = 0;
  for (const entry of table.instances()) {
    const { app, id, active, exchanges, failures, ejections, ejectedUntil, tlsFailure } = entry;
    if (active + exchanges + failures + ejections > 0) {
      states.push({ app, id, active, exchanges, failures, ejections, ejectedUntil, tlsFailure });
      entry.exchanges = 0;
    }
    seen += 1;
    if (seen % ENTRIES_A_TURN === 0) await setImmediate();
  }
  return states;
}

/** Shows the workers' states in a table that nobody routes by. */
export class ShownStates {
  readonly #table: Table;
  #shown: InstanceEntry[] = [];

  constructor(table: Table) {
    this.#table = table;
  }

  /** Shows these, and of other instances that nothing is known. */
  show(states: Iterable<InstanceState>): void {
    for (const entry of this.#shown) Object.assign(entry, UNKNOWN);
    this.#shown = [];
    for (const state of states) {
      const entry = this.#table.app(state.app)?.instances.get(state.id);
      if (entry === undefined) continue;
      this.#shown.push(entry);
      entry.active += state.active;
      entry.failures = Math.max(entry.failures, state.failures);
      entry.ejections = Math.max(entry.ejections, state.ejections);
      entry.ejectedUntil = Math.max(entry.ejectedUntil, state.ejectedUntil);
      entry.tlsFailure ??= state.tlsFailure;
    }
  }

  /** Shows an ejection as soon as a worker tells of it; the next states decide again. */
  eject({ app, id, ejectedUntil, tlsFailure }: Ejection): void {
    const entry = this.#table.app(app)?.instances.get(id);
    if (entry === undefined) return;
    this.#shown.push(entry);
    entry.ejectedUntil = ejectedUntil;
    entry.tlsFailure = tlsFailure;
  }
}

const UNKNOWN = { active: 0, failures: 0, ejections: 0, ejectedUntil: 0, tlsFailure: undefined };
