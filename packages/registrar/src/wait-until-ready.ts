// Register 2 of 4: plan -> READY -> claim -> keep.

import { formatAddress } from "@wayleave/records";

import type { InstancePlan } from "./plan-instance.ts";
import { RegistrarError } from "./registrar-error.ts";
import { waitForPort } from "./wait-for-port.ts";
import { asks, waitUntilHealthy } from "./watch-health.ts";

/**
 * Waits until the port accepts and, when more than that is to be checked, the check is passed once. Rejects with a
 * RegistrarError `not-ready` after `readyTimeoutMs` for each of the two.
 */
export async function waitUntilReady(
  plan: InstancePlan,
  address: string,
  signal: AbortSignal,
): Promise<void> {
  const where = { address, port: plan.port, protocol: plan.protocol, signal };
  if (plan.isReadyAwaited) await waitForPort({ ...where, timeoutMs: plan.readyTimeoutMs });
  if (plan.health === undefined || !asks(plan.health)) return;
  const verdict = await waitUntilHealthy(where, plan.health, plan.readyTimeoutMs);
  if (verdict.isHealthy) return;
  const at = formatAddress(address, plan.port);
  throw new RegistrarError(
    "not-ready",
    `${at} did not pass its health check within ${plan.readyTimeoutMs} ms: ${verdict.reason}`,
  );
}
