import type { PolicyRecord, Route, Settings } from "@wayleave/records";

import { type Policy, resolvePolicy } from "./policy.ts";

/** The settings of a table with the policy of a route that says nothing of its own. */
export interface Defaults {
  readonly settings: Settings;
  readonly policy: Policy;
}

/** The fields by which a route differs from the settings. */
const POLICY_FIELDS = [
  "balance",
  "affinity",
  "timeouts",
  "retries",
  "limits",
  "ejection",
  "https",
  "instanceTls",
  "slowStartMs",
] as const satisfies readonly (keyof PolicyRecord)[];

/**
 * One route in one worker's table. Its record never changes: a new record is a new entry, and an
 * exchange keeps to the one that it took.
 */
export class RouteEntry {
  readonly host: string;
  readonly path: string;
  readonly record: Route;
  /** By destination: how far each is ahead of its share. Kept by pick.ts; empty until it is needed. */
  readonly turns: number[] = [];
  readonly #isPlain: boolean;
  #policy: Policy | undefined;
  #policyFrom: Defaults | undefined;

  constructor(host: string, path: string, record: Route) {
    this.host = host;
    this.path = path;
    this.record = record;
    this.#isPlain = POLICY_FIELDS.every((field) => record[field] === undefined);
  }

  /**
   * What holds for an exchange on this route. Resolved when it is asked first under these defaults, so
   * that a change of settings costs no more at 100,000 routes than at one.
   */
  policyUnder(defaults: Defaults): Policy {
    if (this.#isPlain) return defaults.policy;
    if (this.#policy === undefined || this.#policyFrom !== defaults) {
      this.#policy = resolvePolicy(this.record, defaults.settings);
      this.#policyFrom = defaults;
    }
    return this.#policy;
  }
}
