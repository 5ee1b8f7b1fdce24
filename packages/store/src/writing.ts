// A write is done once, whatever becomes of its answer. After an answer was lost it is made again only when it is a
// compare-and-set that fails if the first one was done; and then a look shows whether that was ours.

import { readFailure } from "./etcd-failure.ts";
import { type Revision, StoreError, type Write } from "./store.ts";
import { type Found, type Outcome, type Transaction, keyOf } from "./transaction.ts";

/** How an attempt reaches etcd. */
export interface Reach {
  run(transaction: Transaction): Promise<Outcome>;
  look(transaction: Transaction): Promise<{ readonly found: Found; readonly revision: Revision }>;
}

/** The attempts at one transaction, and whether one of them may have been done. */
export class Writing {
  readonly #transaction: Transaction;
  #isUnsure = false;

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  /** Makes one attempt; to be called again while it throws what may pass. */
  async attempt(reach: Reach): Promise<Outcome> {
    if (this.#isUnsure && !guardsItself(this.#transaction)) return this.#lookOnly(reach);
    try {
      return this.#settle(await reach.run(this.#transaction));
    } catch (error) {
      if (readFailure(error).kind === "unanswered") this.#isUnsure = true;
      throw error;
    }
  }

  async #lookOnly(reach: Reach): Promise<Outcome> {
    const { writes } = this.#transaction;
    const looked = this.#settle({ isDone: false, ...(await reach.look(this.#transaction)) });
    if (looked.isDone) return looked;
    const key = writes.map(keyOf)[0] ?? "";
    const message = `etcd's answer was lost: it is not known whether ${key} was written, and now it is not so`;
    throw new StoreError("unreachable", message, { key });
  }

  #settle(outcome: Outcome): Outcome {
    if (outcome.isDone || !this.#isUnsure) return outcome;
    const { writes } = this.#transaction;
    if (!isApplied(writes, outcome.found)) return outcome;
    // Where nothing was put, the revision of the deletes is not known: the store's is not before it.
    return { isDone: true, revision: putRevisions(writes, outcome.found)[0] ?? outcome.revision };
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
