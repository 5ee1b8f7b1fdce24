// Register 3 of 4: plan -> ready -> CLAIM -> keep.

import { formatAddress, parseInstance } from "@wayleave/records";
import {
  BackOff,
  type LeasedRecords,
  type Revision,
  StoreError,
  type StoredRecord,
  abortable,
  sleep,
} from "@wayleave/store";

import { type InstancePlan, recordValue } from "./plan-instance.ts";
import { RegistrarError } from "./registrar-error.ts";

/** The key to be claimed, and for whom. */
export interface Claim {
  readonly leased: LeasedRecords;
  readonly plan: InstancePlan;
  readonly address: string;
  readonly signal: AbortSignal;
}

/**
 * Puts the record of a ready instance unless somebody else holds the key, which etcd decides in one
 * transaction. What we left behind at the same address and port is ours to replace. Another record may
 * be what a crash left behind on another port; then it is gone when its lease has run out. One that
 * outlives `clashTimeoutMs`, or has no lease, is a RegistrarError `id-clash`.
 */
export async function claimKey(claim: Claim): Promise<Revision> {
  const { leased, plan, address, signal } = claim;
  const value = recordValue(plan, address, "ready");
  const backOff = new BackOff({ firstMs: 100, mostMs: 2_000 });
  const giveUpAt = performance.now() + plan.clashTimeoutMs;
  while (true) {
    await sleep(backOff.next(), signal);
    signal.throwIfAborted(); // who was told to leave in the meantime must not come
    let holder: StoredRecord | undefined;
    const mayTake = (existing: StoredRecord): boolean => {
      holder = existing;
      return isLeftBehind(existing, claim);
    };
    try {
      return await abortable(leased.set(plan.key, value, { mayTake }), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StoreError && error.code === "conflict" && holder !== undefined)) throw error;
      if (holder.lease === "0" || performance.now() > giveUpAt) throw describeClash(holder, error);
    }
  }
}

/** Whether a record at our key is what an earlier life of ours put there: nobody else has our port. */
export function isLeftBehind(
  existing: StoredRecord,
  { plan, address }: Pick<Claim, "plan" | "address">,
): boolean {
  const parsed = parseInstance(existing.value);
  const isSame = parsed.ok && parsed.value.address === address && parsed.value.port === plan.port;
  return isSame && existing.lease !== "0";
}

function describeClash({ key, value, lease }: StoredRecord, cause: StoreError): RegistrarError {
  const parsed = parseInstance(value);
  const holder = parsed.ok ? formatAddress(parsed.value.address, parsed.value.port) : "an unreadable record";
  const how = lease === "0" ? "as a static instance" : "under a lease";
  const message = `${key} is held by ${holder} ${how}: give this instance an id of its own`;
  return new RegistrarError("id-clash", message, { key, cause });
}
