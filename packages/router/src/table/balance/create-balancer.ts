import type { Balance } from "@wayleave/records";

import type { Balancer } from "./balancer.ts";
import { ConsistentHash } from "./consistent-hash.ts";
import { LeastConnections } from "./least-connections.ts";
import { PowerOfTwo } from "./power-of-two.ts";
import { RoundRobin } from "./round-robin.ts";

/** The kinds of balancers, as records name them, in a fixed order; the first is the default. */
export const BALANCER_KINDS = ["round-robin", "least-connections", "power-of-two", "hash"] as const;

export type BalancerKind = (typeof BALANCER_KINDS)[number];

/** The balancer of each kind. */
export const BALANCERS: Readonly<Record<BalancerKind, new () => Balancer>> = {
  "round-robin": RoundRobin,
  "least-connections": LeastConnections,
  "power-of-two": PowerOfTwo,
  hash: ConsistentHash,
};

/**
 * The balancer for a route and a request: `hash` needs something to hash. A request without the
 * header or cookie gets its turn, as all of them on one instance would be no balance.
 */
export function balancerKindFor(balance: Balance, hashKey: string | undefined): BalancerKind {
  if (typeof balance === "string") return balance;
  return hashKey === undefined ? "round-robin" : "hash";
}
