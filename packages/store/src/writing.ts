// A write is done once, whatever becomes of its answer. After an answer was lost, it is made again only as a
// compare-and-set that fails if the first one was done; and then a look shows whether that was ours.

import { readFailure } from "./etcd-failure.ts";
import type { Condition, Revision, Write } from "./store.ts";
import { type Found, type Outcome, type Transaction, holds, keyOf } from "./transaction.ts";

const MOST_TURNS = 5;

/** How an attempt reaches etcd. */
export interface Reach {
  run(transaction: Transaction): Promise<Outcome>;
  look(): Promise<{ readonly found: Found; readonly revision: Revision }>;
}

/** The attempts at one transaction, and what they leave unsure. */
export class Writing {
  readonly #transaction: Transaction;
  #isUnsure = false;

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  /** Makes one attempt; to be called again while it throws what may pass. */
  async attempt(reach: Reach): Promise<Outcome> {
    let outcome: Outcome;
    let turns = 0;
    do {
      const ready = await this.#prepare(reach);
      if ("isDone" in ready) return ready;
      outcome = this.#settle(await this.#run(reach, ready));
      // Not done although the conditions hold: somebody wrote between our look and our write. Look again.
    } while (!outcome.isDone && this.#allHold(outcome.found) && ++turns < MOST_TURNS);
    return outcome;
  }

  async #prepare(reach: Reach): Promise<Transaction | Outcome> {
    if (!this.#isUnsure || guardsItself(this.#transaction)) return this.#transaction;
    const { found, revision } = await reach.look();
    const settled = this.#settle({ isDone: false, found, revision });
    if (settled.isDone) return settled;
    const { writes, conditions } = this.#transaction;
    return { writes, conditions: [...conditions, ...guardFor(writes, found)] };
  }

  async #run(reach: Reach, transaction: Transaction): Promise<Outcome> {
    try {
      return await reach.run(transaction);
    } catch (error) {
      if (readFailure(error).kind === "unanswered") this.#isUnsure = true;
      throw error;
    }
  }

  #settle(outcome: Outcome): Outcome {
    if (outcome.isDone || !this.#isUnsure) return outcome;
    const { found, revision } = outcome;
    if (!isApplied(this.#transaction.writes, found)) return outcome;
    // Where nothing was put, the revision of the deletes is not known: the store's is not before it.
    return { isDone: true, revision: putRevisions(this.#transaction.writes, found)[0] ?? revision };
  }

  #allHold(found: Found): boolean {
    return this.#transaction.conditions.every((condition) => holds(condition, found.get(condition.key)));
  }
}

/** Whether a transaction cannot be done twice, because it makes one of its own conditions false. */
function guardsItself({ writes, conditions }: Transaction): boolean {
  const verbs = new Map(writes.map((write) => [keyOf(write), "put" in write ? "put" : "delete"]));
  return conditions.some((condition) => {
    const verb = verbs.get(condition.key);
    if ("modRevision" in condition)
      return verb === "put" || (verb === "delete" && condition.modRevision !== 0);
    return verb === (condition.is === "absent" ? "put" : "delete");
  });
}

// One key is enough: a transaction is done as a whole.
function guardFor(writes: readonly Write[], found: Found): readonly Condition[] {
  return writes.slice(0, 1).map((write) => {
    const key = keyOf(write);
    return { key, modRevision: found.get(key)?.modRevision ?? 0 };
  });
}

function isApplied(writes: readonly Write[], found: Found): boolean {
  const looked = writes.filter((write) => found.has(keyOf(write)));
  const isSo = looked.every((write) => {
    const record = found.get(keyOf(write));
    if ("delete" in write) return record === undefined;
    return record?.value === write.value && record.lease === (write.lease ?? "0");
  });
  return isSo && looked.length > 0 && new Set(putRevisions(writes, found)).size <= 1;
}

function putRevisions(writes: readonly Write[], found: Found): Revision[] {
  return writes.flatMap((write) => ("put" in write ? (found.get(write.put)?.modRevision ?? []) : []));
}
