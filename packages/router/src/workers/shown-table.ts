import { applyInTurns } from "../apply-in-turns.ts";
import type { TableChange } from "../table/table-change.ts";
import { type AppliedChange, Table, type TableSettings } from "../table/table.ts";

/** Told what happens to the table that is shown. */
export interface ShownTableObserver {
  /** Before the table has it. */
  applying(change: TableChange): void;
  applied(applied: AppliedChange): void;
}

/** The table that the admin listener shows of a replica with workers; nobody routes by it. */
export class ShownTable {
  /** As it was shown last; always the same one. */
  readonly table: Table;
  readonly #observer: ShownTableObserver;
  #unshown: TableChange[] = [];

  constructor(settings: TableSettings, observer: ShownTableObserver) {
    this.table = new Table(settings);
    this.#observer = observer;
  }

  /** Adds a change, to be shown when there is time for it. */
  add(change: TableChange): void {
    this.#unshown.push(change);
  }

  /** Shows what was added. */
  show(): void {
    for (const change of this.#unshown.splice(0)) {
      this.#observer.applying(change);
      applyInTurns(this.table, change, (applied) => this.#observer.applied(applied));
    }
  }
}
