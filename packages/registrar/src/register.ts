import type { InstanceOptions } from "./instance-options.ts";
import { type Registrar, type RegistrarOptions, openRegistrar } from "./registrar.ts";
import type { LeaveOptions, Registration } from "./registration.ts";
import type { RegistrationState } from "./registration-state.ts";

/** Everything that `register` takes: the registrar's options and the instance's. */
export type RegisterOptions = RegistrarOptions & InstanceOptions;

/**
 * Registers one instance under a lease of its own. Resolves when it is ready and its record stands in
 * etcd; rejects with a RegistrarError. A process with several instances opens one registrar for them.
 */
export async function register(options: RegisterOptions): Promise<Registration> {
  const registrar = openRegistrar(options);
  try {
    return new SoleRegistration(await registrar.register(options), registrar);
  } catch (error) {
    await registrar.close({ drain: false });
    throw error;
  }
}

/** A registration whose end is also the end of its registrar. */
class SoleRegistration implements Registration {
  readonly #registration: Registration;
  readonly #registrar: Registrar;

  constructor(registration: Registration, registrar: Registrar) {
    this.#registration = registration;
    this.#registrar = registrar;
  }

  get app(): string {
    return this.#registration.app;
  }

  get id(): string {
    return this.#registration.id;
  }

  get key(): string {
    return this.#registration.key;
  }

  get state(): RegistrationState {
    return this.#registration.state;
  }

  leave(options?: LeaveOptions): Promise<void> {
    return this.#registrar.close(options);
  }

  close(): Promise<void> {
    return this.leave();
  }

  destroy(): void {
    this.#registrar.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
