import type { Keys } from "@wayleave/records";
import { type ReplicaBarrier, waitForReplicas } from "@wayleave/registrar";
import type { Revision, Store } from "@wayleave/store";

import { formatDuration } from "../arguments/duration.ts";
import { CommandError } from "../exit-codes.ts";
import { count } from "../output/count.ts";
import type { Output } from "../output/output.ts";
import { startProgress } from "../output/progress.ts";

/** What is waited for. */
export interface RoutedWait {
  readonly revision: Revision;
  readonly timeoutMs: number;
  /** The revision is a write of this very command, so whoever reads of a failure is told that it stands. */
  readonly isOurs: boolean;
}

/**
 * Waits until every live router has applied a revision. Throws a CommandError: failed, naming the routers
 * that are behind when the time is over; unreachable when they could not even be listed.
 */
export async function waitUntilRouted(
  { store, keys, output }: { readonly store: Store; readonly keys: Keys; readonly output: Output },
  { revision, timeoutMs, isOurs }: RoutedWait,
): Promise<ReplicaBarrier> {
  using _ = startProgress(`waiting until every live router has applied revision ${revision}`);
  const barrier = await waitForReplicas({ store, prefix: keys.prefix, revision, timeoutMs });
  const { outcome, reached, behind, error } = barrier;
  const about = isOurs ? `revision ${revision} is written, but` : `revision ${revision}:`;
  if (outcome === "unknown") {
    const reason = error ?? `etcd at ${store.endpoints.join(", ")} does not answer`;
    throw new CommandError("unreachable", `${about} the routers could not be listed: ${reason}`);
  }
  if (outcome === "behind") {
    const names = behind.map(
      ({ id, revision: at }) => `${id} (${at === undefined ? "unreadable" : `at ${at}`})`,
    );
    const share = `${behind.length} of ${count(reached.length + behind.length, "router")}`;
    throw new CommandError(
      "failed",
      `${about} after ${formatDuration(timeoutMs)} ${share} have not applied it: ${names.join(", ")}`,
    );
  }
  if (reached.length === 0) output.warn(`no router is running under ${keys.prefix}: nobody to wait for`);
  return barrier;
}
