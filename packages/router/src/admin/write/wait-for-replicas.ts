import { setTimeout as sleep } from "node:timers/promises";

import type { WriteResult } from "@wayleave/records/api";

import type { AdminSources } from "../admin-sources.ts";

const WAIT_MS = 30_000;
const PAUSE_MS = 250;

/** Waits until every replica has applied a revision: this one by its own word, the others by theirs in etcd. */
export async function waitForReplicas(
  { control, replicas }: Pick<AdminSources, "control" | "replicas">,
  revision: number,
): Promise<Pick<WriteResult, "isApplied" | "behind">> {
  const deadline = performance.now() + WAIT_MS;
  await control.waitFor(revision, WAIT_MS);
  for (;;) {
    // Who may not list the replicas, or cannot, does not know.
    const views = await replicas.lookAgain().catch(() => undefined);
    const behind = views?.filter((replica) => replica.revision < revision).map(({ id }) => id);
    if (behind?.length === 0) return { isApplied: true, behind };
    if (performance.now() + PAUSE_MS > deadline) return { isApplied: false, behind: behind ?? [] };
    await sleep(PAUSE_MS);
  }
}
