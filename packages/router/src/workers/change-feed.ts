import { setImmediate as nextTurn } from "node:timers/promises";

import { type RecordChanges, type TableChange, joinChange } from "../table/table-change.ts";
import type { Outgoing } from "./outbox.ts";
import { readByAll } from "./read-by-all.ts";
import { changeMessages, partMessages, writtenPart } from "./split-change.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** A worker, as far as changes have to know it. */
export type FedWorker = Pick<WorkerProcess, "apply" | "prepare" | "isCounted">;

/** The changes of one turn: they go to the workers together. */
interface Turn {
  readonly changes: TableChange[];
  readonly applied: PromiseWithResolvers<void>;
}

/** The way of the changes to all workers. Each is written once, whatever the number of workers. */
export class ChangeFeed {
  readonly #workers: ReadonlySet<FedWorker>;
  #prepared: RecordChanges[] = [];
  #turn: Turn | undefined;
  #sequence = 0;

  /** `workers`: those there are, at any time. */
  constructor(workers: ReadonlySet<FedWorker>) {
    this.#workers = workers;
  }

  /** Sends records ahead of the change that they are of. Resolves in the next turn: they are sent meanwhile. */
  prepare(records: RecordChanges, text?: string): Promise<void> {
    this.#send();
    this.#prepared.push(records);
    const parts = text === undefined ? partMessages(records) : [writtenPart(text)];
    for (const [worker, messages] of this.#copies(parts)) worker.prepare(messages);
    return nextTurn();
  }

  /** What was sent ahead until now, for a worker that starts behind it. */
  preparedMessages(): Iterable<Outgoing> {
    return partMessages({
      routes: this.#prepared.flatMap(({ routes }) => routes),
      instances: this.#prepared.flatMap(({ instances }) => instances),
    });
  }

  /** The change with what was prepared for it, which is over with that. */
  complete(change: TableChange): TableChange {
    return joinChange(this.#prepared.splice(0), change);
  }

  /**
   * Sends a change, behind what was prepared for it. Resolves once every worker that takes requests has it; one that ends
   * counts no more.
   */
  apply(change: TableChange): Promise<void> {
    this.#turn ??= this.#newTurn();
    this.#turn.changes.push(change);
    return this.#turn.applied.promise;
  }

  #newTurn(): Turn {
    setImmediate(() => this.#send());
    return { changes: [], applied: Promise.withResolvers() };
  }

  #send(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#turn = undefined;
    this.#sequence += 1;
    const applied: Promise<void>[] = [];
    for (const [worker, messages] of this.#copies(changeMessages(this.#sequence, turn.changes))) {
      const done = worker.apply(this.#sequence, messages);
      // A worker that starts has nobody's requests yet, and every change before its first one.
      if (worker.isCounted) applied.push(done);
    }
    void Promise.all(applied).then(() => turn.applied.resolve());
  }

  *#copies(messages: Iterable<Outgoing>): Iterable<readonly [FedWorker, Iterable<Outgoing>]> {
    const workers = [...this.#workers];
    const copies = readByAll(messages, workers.length);
    for (const [at, worker] of workers.entries()) yield [worker, copies[at] ?? []];
  }
}
