// Register 4 of 4: plan -> ready -> claim -> KEEP.

import type { Logger } from "pino";

import type { LeaseState, LeasedRecords, Store } from "@wayleave/store";

import type { Verdict } from "./check-health.ts";
import { InstanceRecord } from "./instance-record.ts";
import { type Attempts, keepTrying } from "./keep-trying.ts";
import type { InstancePlan } from "./plan-instance.ts";
import { RegistrarError } from "./registrar-error.ts";
import type { RegistrationState } from "./registration-state.ts";
import { takeLeave } from "./take-leave.ts";
import { waitUntilReady } from "./wait-until-ready.ts";
import { type HealthPlan, watchHealth } from "./watch-health.ts";

/** How to leave. */
export interface LeaveOptions {
  /** False: delete the record at once, because the instance serves nobody any more. Default true. */
  readonly drain?: boolean;
  /** Cuts the barrier short; the record is still deleted. */
  readonly signal?: AbortSignal;
}

/** An instance that is kept registered until it leaves. */
export interface Registration extends AsyncDisposable {
  readonly app: string;
  readonly id: string;
  /** The record's key in etcd. */
  readonly key: string;
  readonly state: RegistrationState;
  /**
   * Takes the instance out without losing a request: writes `state: draining`, waits until every live
   * router has applied it, deletes the record. Bounded; never rejects: what could not be deleted
   * goes when the lease runs out. Requests that run go on: the app is to finish them.
   */
  leave(options?: LeaveOptions): Promise<void>;
  /** The same as `leave()`. */
  close(): Promise<void>;
  /** Stops at once and tells nobody: the record goes when the lease runs out. */
  destroy(): void;
}

/** What a registration shares with the others of its process. */
export interface Tenancy {
  readonly store: Store;
  readonly leased: LeasedRecords;
  readonly prefix: string;
  readonly logger: Logger;
  readonly onUnreachable: Attempts["onUnreachable"];
  readonly onEnd: (registration: KeptRegistration) => void;
}

/** The {@link Registration} of one instance. */
export class KeptRegistration implements Registration {
  readonly app: string;
  readonly id: string;
  readonly key: string;
  readonly #plan: InstancePlan;
  readonly #tenancy: Tenancy;
  readonly #logger: Logger;
  readonly #onState: (state: RegistrationState) => void;
  readonly #life = new AbortController();
  #state: RegistrationState = { state: "starting" };
  #record: InstanceRecord | undefined;
  #healthWatch: Promise<void> = Promise.resolve();
  #leaving: Promise<void> | undefined;

  constructor(plan: InstancePlan, tenancy: Tenancy, onState: (state: RegistrationState) => void = () => {}) {
    this.app = plan.app;
    this.id = plan.id;
    this.key = plan.key;
    this.#plan = plan;
    this.#tenancy = tenancy;
    this.#onState = onState;
    this.#logger = tenancy.logger.child({ app: plan.app, id: plan.id });
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Resolves when the record stands in etcd; to be called once. */
  async start(signal?: AbortSignal): Promise<void> {
    const attempts = this.#attempts(signal);
    const { store } = this.#tenancy;
    const address = this.#plan.address ?? (await keepTrying(() => store.localAddress(), attempts));
    const checked = this.#plan.checkAddress ?? address;
    await waitUntilReady(this.#plan, checked, attempts.signal);
    this.#record = new InstanceRecord(this.#plan, address, this.#tenancy.leased);
    await this.#claim(this.#record, attempts);
    if (this.#plan.health === undefined) return;
    this.#healthWatch = this.#watchHealth(this.#record, checked, this.#plan.health);
  }

  leave(options: LeaveOptions = {}): Promise<void> {
    this.#leaving ??= this.#leave(options);
    return this.#leaving;
  }

  close(): Promise<void> {
    return this.leave();
  }

  destroy(): void {
    this.#endLife();
    this.#leaving ??= Promise.resolve();
    this.#tenancy.onEnd(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** To be called with every state of the shared lease. */
  onLease(lease: LeaseState): void {
    if (this.#record?.kept !== "ready") return;
    if (lease.state === "held" && this.#state.state !== "registered") this.#move({ state: "registered" });
    if (lease.state === "lost") this.#move({ state: "lease-lost", reason: lease.reason });
    if (lease.state === "refused") this.#move({ state: "refused", error: lease.error });
  }

  async #claim(record: InstanceRecord, attempts: Attempts): Promise<void> {
    const revision = await record.claim(attempts.signal);
    this.#move({ state: "registered" });
    this.#logger.info({ key: this.key, revision }, "instance-registered");
  }

  async #watchHealth(record: InstanceRecord, address: string, health: HealthPlan): Promise<void> {
    const attempts = this.#attempts();
    try {
      const { port, protocol } = this.#plan;
      const where = { address, port, protocol, signal: attempts.signal };
      for await (const verdict of watchHealth(where, health)) await this.#heed(verdict, record, attempts);
    } catch (error) {
      if (!this.#life.signal.aborted) this.#logger.error({ err: error }, "health-watch-failed");
    }
  }

  /** Brings the record to what the verdict asks for; what fails is tried again after the next check. */
  async #heed(verdict: Verdict, record: InstanceRecord, attempts: Attempts): Promise<void> {
    try {
      if (verdict.isHealthy && record.kept !== "ready") await this.#claim(record, attempts);
      if (!verdict.isHealthy && record.kept !== undefined) await this.#takeOut(verdict, record, attempts);
    } catch (error) {
      this.#life.signal.throwIfAborted();
      this.#logger.error({ err: error, key: this.key }, "record-not-written");
    }
  }

  // A record that vanishes without draining first is taken for a crash, which routers may doubt when
  // it happens to many at once. Taking ourselves out is meant, so it says so.
  async #takeOut(verdict: Verdict, record: InstanceRecord, attempts: Attempts): Promise<void> {
    if (this.#state.state !== "unhealthy") {
      this.#move({ state: "unhealthy", reason: verdict.reason });
      this.#logger.warn({ key: this.key, reason: verdict.reason }, "instance-unhealthy");
    }
    await record.drain(attempts.signal);
    await record.remove(attempts);
  }

  async #leave({ drain = true, signal }: LeaveOptions): Promise<void> {
    this.#endLife();
    await this.#healthWatch;
    if (this.#record !== undefined) {
      await takeLeave({
        ...this.#tenancy,
        record: this.#record,
        logger: this.#logger,
        isDrained: drain,
        drainTimeoutMs: this.#plan.leaveTimeoutMs,
        signal,
        onDraining: (revision) => this.#move({ state: "draining", revision }),
      });
    }
    this.#move({ state: "left" });
    this.#tenancy.onEnd(this);
  }

  #endLife(): void {
    this.#life.abort(
      new RegistrarError("aborted", `the registration of ${this.key} ended`, { key: this.key }),
    );
  }

  #attempts(signal?: AbortSignal): Attempts {
    return {
      signal: signal === undefined ? this.#life.signal : AbortSignal.any([this.#life.signal, signal]),
      onUnreachable: this.#tenancy.onUnreachable,
    };
  }

  #move(state: RegistrationState): void {
    this.#state = state;
    try {
      this.#onState(state);
    } catch (error) {
      this.#logger.error({ err: error }, "on-state-threw"); // the caller's mistake must not keep a record up
    }
  }
}
