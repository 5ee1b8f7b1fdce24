import type { Cluster } from "./cluster.ts";
import { type Condition, type Revision, StoreError, type Write } from "./store.ts";
import {
  MAX_OPERATIONS,
  type Outcome,
  type Transaction,
  holds,
  keyOf,
  lookAt,
  runTransaction,
} from "./transaction.ts";
import { Writing } from "./writing.ts";

/**
 * Runs one transaction and gives its revision. Throws a StoreError; `conflict` names the first key whose condition
 * does not hold.
 */
export async function commit(cluster: Cluster, transaction: Transaction): Promise<Revision> {
  const outcome = await tryCommit(cluster, transaction);
  if (outcome.isDone) return outcome.revision;
  const { conditions, writes } = transaction;
  const failed = conditions.find((condition) => !holds(condition, outcome.found.get(condition.key)));
  const key = failed?.key ?? writes.map(keyOf)[0] ?? "";
  throw new StoreError("conflict", describeConflict(key, failed, outcome.found.get(key)?.modRevision), {
    key,
  });
}

/** The same, but gives what was found in place of a `conflict`. */
export async function tryCommit(
  cluster: Cluster,
  transaction: Transaction,
  signal?: AbortSignal,
): Promise<Outcome> {
  const { writes, conditions } = transaction;
  const [key] = writes.map(keyOf);
  if (Math.max(writes.length, conditions.length) > MAX_OPERATIONS) {
    const message = `a transaction has at most ${MAX_OPERATIONS} writes and conditions: cannot ${describe(writes)}`;
    throw new StoreError("too-large", message, keyProperty(key));
  }
  const writing = new Writing(transaction);
  return cluster.ask({
    what: describe(writes),
    ...keyProperty(key),
    ...(signal && { signal }),
    attempt: (connection, timeoutMs) =>
      writing.attempt({
        run: (written) => runTransaction(connection, written, timeoutMs),
        look: (written) => lookAt(connection, written, timeoutMs),
      }),
  });
}

function describe(writes: readonly Write[]): string {
  const [first] = writes;
  if (first === undefined) return "check conditions";
  const verb = "put" in first ? "write" : "delete";
  const others = writes.length > 1 ? ` and ${writes.length - 1} more` : "";
  return `${verb} ${keyOf(first)}${others}`;
}

function describeConflict(key: string, failed: Condition | undefined, found: Revision | undefined): string {
  const state = found === undefined ? "does not exist" : `was last written at revision ${found}`;
  if (failed === undefined) return `${key} is being written by somebody else`;
  if ("modRevision" in failed)
    return `${key} has changed: it ${state}, not at revision ${failed.modRevision}`;
  return failed.is === "absent" ? `${key} exists already: it ${state}` : `${key} does not exist`;
}

function keyProperty(key: string | undefined): { key?: string } {
  return key === undefined ? {} : { key };
}
