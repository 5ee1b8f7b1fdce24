import { type Logger, pino } from "pino";

import { StoreError, abortable, openStore } from "@wayleave/store";
import type { LeaseState, LeasedRecords, Store, StoreSettings } from "@wayleave/store";

import { startDeadline } from "./deadline.ts";
import type { InstanceOptions } from "./instance-options.ts";
import { type PlanContext, planContext, planInstance } from "./plan-instance.ts";
import { RegistrarError } from "./registrar-error.ts";
import { KeptRegistration, type LeaveOptions, type Registration } from "./registration.ts";

const REVOKE_TIMEOUT_MS = 1_000;

/** Where to register, and under what lease. */
export type RegistrarOptions = {
  /** Default `/wayleave/`. */
  readonly prefix?: string;
  /** How long the records outlive a process that died; 2 or more seconds, default 15. */
  readonly ttlSeconds?: number;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Where `PORT` and `HOST` are looked up, and what a program gets; default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
} & (
  | { readonly store: Store; readonly etcd?: never }
  /** A store of our own, which is closed with the registrar. */
  | { readonly etcd: StoreSettings; readonly store?: never }
);

/** Keeps the instances of one process registered under one lease. */
export interface Registrar extends AsyncDisposable {
  /**
   * Resolves when the instance is ready and its record stands in etcd, which is tried for as long as
   * etcd cannot be reached and the signal lets it. Rejects with a {@link RegistrarError}.
   */
  register(options: InstanceOptions): Promise<Registration>;
  /** Every registration leaves; then the lease is given back. Never rejects. */
  close(options?: LeaveOptions): Promise<void>;
  /** Stops at once and tells nobody: the records go when the lease runs out. */
  destroy(): void;
}

/** Opens a registrar. It asks nothing of etcd before the first `register`. */
export function openRegistrar(options: RegistrarOptions): Registrar {
  return new LeaseRegistrar(options);
}

class LeaseRegistrar implements Registrar {
  readonly #store: Store;
  readonly #ownsStore: boolean;
  readonly #context: PlanContext;
  readonly #logger: Logger;
  readonly #registrations = new Set<KeptRegistration>();
  #leased: LeasedRecords | undefined;
  #isHeld = false;
  #isUnreachable = false;
  #ending: Promise<void> | undefined;

  constructor(options: RegistrarOptions) {
    this.#context = planContext(options);
    this.#store = options.store ?? openStore(options.etcd);
    this.#ownsStore = options.store === undefined;
    this.#logger = options.logger ?? pino({ level: "silent" });
  }

  async register(options: InstanceOptions): Promise<Registration> {
    const plan = planInstance(options, this.#context);
    if (this.#ending !== undefined) throw new RegistrarError("aborted", "the registrar is closed");
    const registration = new KeptRegistration(plan, this.#tenancy(), options.onState);
    this.#registrations.add(registration);
    try {
      await registration.start(options.signal);
      return registration;
    } catch (error) {
      await registration.leave({ drain: false });
      throw explain(error, plan.key, options.signal);
    }
  }

  close(options?: LeaveOptions): Promise<void> {
    this.#ending ??= this.#close(options);
    return this.#ending;
  }

  destroy(): void {
    this.#ending ??= Promise.resolve();
    for (const registration of this.#registrations) registration.destroy();
    this.#leased?.destroy();
    if (this.#ownsStore) this.#store.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(options?: LeaveOptions): Promise<void> {
    await Promise.all([...this.#registrations].map((registration) => registration.leave(options)));
    await this.#giveLeaseBack();
    if (this.#ownsStore) await this.#store.close();
  }

  async #giveLeaseBack(): Promise<void> {
    if (this.#leased === undefined) return;
    using deadline = startDeadline(REVOKE_TIMEOUT_MS);
    try {
      await abortable(this.#leased.close(), deadline.signal);
    } catch (error) {
      this.#leased.destroy();
      this.#logger.warn({ err: error }, "lease-left-to-run-out");
    }
  }

  #tenancy() {
    this.#leased ??= this.#store.holdLease({
      ttlSeconds: this.#context.ttlSeconds,
      onState: (state) => this.#onLease(state),
    });
    return {
      store: this.#store,
      prefix: this.#context.keys.prefix,
      leased: this.#leased,
      logger: this.#logger,
      onUnreachable: (error: StoreError) => this.#onUnreachable(error.message),
      onEnd: (registration: KeptRegistration) => void this.#registrations.delete(registration),
    };
  }

  #onLease(state: LeaseState): void {
    if (state.state === "held") this.#logger.info({ lease: state.lease }, "lease-held");
    if (state.state === "refused") this.#logger.error({ err: state.error }, "lease-refused");
    if (state.state === "lost") {
      if (this.#isHeld) this.#logger.warn({ reason: state.reason }, "lease-lost");
      else this.#onUnreachable(state.reason);
    }
    this.#isHeld = state.state === "held";
    if (this.#isHeld) this.#isUnreachable = false;
    for (const registration of this.#registrations) registration.onLease(state);
  }

  // Once for each outage: the attempts go on for as long as it takes, the log need not tell of each.
  #onUnreachable(reason: string): void {
    if (!this.#isUnreachable) this.#logger.warn({ reason }, "etcd-unreachable");
    this.#isUnreachable = true;
  }
}

function explain(error: unknown, key: string, signal: AbortSignal | undefined): unknown {
  if (error instanceof RegistrarError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const options = { key, cause: error };
  if (signal?.aborted === true) {
    return new RegistrarError("aborted", `${key} was not registered in time: ${reason}`, options);
  }
  if (!(error instanceof StoreError)) return error;
  const message = reason.includes(key) ? reason : `etcd refuses ${key}: ${reason}`;
  return new RegistrarError(error.code === "closed" ? "aborted" : "refused", message, options);
}
