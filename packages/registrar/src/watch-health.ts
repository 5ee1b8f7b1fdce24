import { sleep } from "@wayleave/store";

import { type HealthQuestion, type Verdict, checkHealth } from "./check-health.ts";

/** How the health of an instance is checked while it runs. */
export interface HealthSettings {
  /** Answers 2xx when the instance may get requests. Starts with `/`. Default: it may while its port accepts. */
  readonly path?: string;
  /** In its place: the service that gRPC's own health check (grpc.health.v1) is asked for; "": the whole server. */
  readonly grpc?: string;
  /** The `Host` that is sent, for apps that insist on theirs; default: the address and port. */
  readonly host?: string;
  /** Time between checks; default 5,000, with 10 % of jitter. */
  readonly intervalMs?: number;
  /** Time for one answer; default 2,000. */
  readonly timeoutMs?: number;
  /** Failed checks in a row that take the instance out; default 3. */
  readonly unhealthyAfter?: number;
  /** Passed checks in a row that bring it back; default 2. */
  readonly healthyAfter?: number;
}

/** The settings with every default filled in. */
export type HealthPlan = HealthSettings & Required<Omit<HealthSettings, "path" | "grpc" | "host">>;

/** More is asked than whether the port accepts. */
export function asks({ path, grpc }: HealthSettings): boolean {
  return path !== undefined || grpc !== undefined;
}

/** Where the instance is, and what ends the checks. */
export type CheckedPlace = Pick<HealthQuestion, "address" | "port" | "protocol" | "signal">;

/** Fills the defaults in. */
export function withHealthDefaults(settings: HealthSettings): HealthPlan {
  return { intervalMs: 5_000, timeoutMs: 2_000, unhealthyAfter: 3, healthyAfter: 2, ...settings };
}

/**
 * Checks for ever and yields after each check whether the instance counts as healthy, which flips
 * only after enough checks in a row. The caller is done with one verdict before the next check starts.
 * Starts out healthy; ends only by throwing the signal's reason.
 */
export async function* watchHealth(place: CheckedPlace, plan: HealthPlan): AsyncGenerator<Verdict, never> {
  let isHealthy = true;
  let against = 0; // checks in a row that contradict isHealthy
  while (true) {
    await sleep(plan.intervalMs * (0.9 + Math.random() * 0.2), place.signal);
    place.signal.throwIfAborted();
    const verdict = await checkHealth({ ...place, ...plan });
    against = verdict.isHealthy === isHealthy ? 0 : against + 1;
    if (against >= (isHealthy ? plan.unhealthyAfter : plan.healthyAfter)) {
      isHealthy = verdict.isHealthy;
      against = 0;
    }
    yield { isHealthy, reason: verdict.reason };
  }
}

/** Waits for the first passed check: one is enough for an instance that has just begun to listen. */
export async function waitUntilHealthy(
  place: CheckedPlace,
  plan: HealthPlan,
  giveUpAfterMs: number,
): Promise<Verdict> {
  const giveUpAt = performance.now() + giveUpAfterMs;
  const betweenMs = Math.min(plan.intervalMs, 500);
  while (true) {
    const verdict = await checkHealth({ ...place, ...plan });
    if (verdict.isHealthy || performance.now() > giveUpAt) return verdict;
    await sleep(betweenMs * (0.5 + Math.random() / 2), place.signal);
    place.signal.throwIfAborted();
  }
}
