import type { Instance } from "@wayleave/records";

import type { RegistrationState } from "./registration-state.ts";
import type { HealthSettings } from "./watch-health.ts";

/** The instance to register, and when it counts as ready. */
export interface InstanceOptions {
  /** The name that routes lead to. */
  readonly app: string;
  /** Default: the environment's `PORT`. */
  readonly port?: number;
  /**
   * An IP address that routers reach. Default: the environment's `HOST` when that is an IP address
   * other than 0.0.0.0 and ::, else the local address that reaches etcd.
   */
  readonly address?: string;
  /** Unique among the app's instances. Default: the machine's name and eight random digits. */
  readonly id?: string;
  readonly version?: string;
  readonly zone?: string;
  readonly weight?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly protocol?: Instance["protocol"];
  /**
   * Checked before the instance is registered, and for as long as it is; false: not checked. Default: whether the port
   * accepts, unless `ready` is false.
   */
  readonly health?: HealthSettings | false;
  /** Whether to wait until the port accepts connections; default true. */
  readonly ready?: boolean;
  /** How long the port, and then the health check, may take at the start; default 60,000 each. */
  readonly readyTimeoutMs?: number;
  /** Where the port and the health are checked, when that is not `address` (a mapped port, say). */
  readonly checkAddress?: string;
  /** Bound on writing `draining` and on the barrier together when leaving; default 5,000. */
  readonly leaveTimeoutMs?: number;
  /**
   * How long a record of another instance under our id is waited out, in case it is what a crash left
   * behind; default: the lease's TTL and a second.
   */
  readonly clashTimeoutMs?: number;
  /** Ends the attempt to register: `AbortSignal.timeout(30_000)` is a deadline. */
  readonly signal?: AbortSignal;
  /** Called at every change of state. */
  readonly onState?: (state: RegistrationState) => void;
}
