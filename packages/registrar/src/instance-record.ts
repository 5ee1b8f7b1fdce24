import { type LeasedRecords, type Revision, type StoredRecord, abortable } from "@wayleave/store";

import { claimKey, isLeftBehind } from "./claim-key.ts";
import { type Attempts, keepTrying } from "./keep-trying.ts";
import { type InstancePlan, recordValue } from "./plan-instance.ts";

/**
 * No record; one that was asked for and may stand or not; one that routers send requests to; one that
 * was asked to drain, whether it does or not.
 */
export type KeptState = undefined | "claiming" | "ready" | "draining";

/** The record of one instance in etcd: claimed, drained, removed. Each waits for etcd until its signal says no. */
export class InstanceRecord {
  readonly #plan: InstancePlan;
  readonly #address: string;
  readonly #leased: LeasedRecords;
  #kept: KeptState;

  constructor(plan: InstancePlan, address: string, leased: LeasedRecords) {
    this.#plan = plan;
    this.#address = address;
    this.#leased = leased;
  }

  /** What stands in etcd as far as we know. */
  get kept(): KeptState {
    return this.#kept;
  }

  /** Puts the record; rejects as `claimKey` does. */
  async claim(signal: AbortSignal): Promise<Revision> {
    this.#kept = "claiming";
    try {
      const claim = { leased: this.#leased, plan: this.#plan, address: this.#address, signal };
      const revision = await claimKey(claim);
      this.#kept = "ready";
      return revision;
    } catch (error) {
      // Refused: there is no record of ours. Cut short: the lease may still carry it out.
      if (!signal.aborted) this.#kept = undefined;
      throw error;
    }
  }

  /** Writes `state: draining`: no router is to send new requests. */
  async drain(signal: AbortSignal): Promise<Revision> {
    signal.throwIfAborted();
    this.#kept = "draining";
    const place = { plan: this.#plan, address: this.#address };
    const value = recordValue(this.#plan, this.#address, "draining");
    const mayTake = (existing: StoredRecord): boolean => isLeftBehind(existing, place);
    return abortable(this.#leased.set(this.#plan.key, value, { mayTake }), signal);
  }

  /** Deletes the record. */
  async remove(attempts: Attempts): Promise<void> {
    await keepTrying(() => this.#leased.remove(this.#plan.key), attempts);
    this.#kept = undefined;
  }
}
