import { randomBytes } from "node:crypto";

import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { readFailure } from "./etcd-failure.ts";
import { LeaseStream } from "./lease-stream.ts";

/** A lease as we know it. */
export interface Lease {
  /** Decimal int64. */
  readonly id: string;
  readonly ttlMs: number;
  /** When the last renewal that was answered was sent, by `performance.now()`. */
  renewedAt: number;
}

/** An id for a new lease. That it is ours makes a grant repeatable: no lease is left behind by a lost answer. */
export function newLeaseId(): string {
  return ((randomBytes(8).readBigUInt64BE() >> 1n) | 1n).toString();
}

/** Grants a lease with this id, or renews it where an earlier attempt was granted. Throws a StoreError. */
export function grantLease(
  cluster: Cluster,
  { id, ttlSeconds, signal }: { id: string; ttlSeconds: number; signal: AbortSignal },
): Promise<Lease> {
  return cluster.ask({
    what: "get a lease",
    signal,
    attempt: async (connection, timeoutMs) => {
      const renewedAt = performance.now();
      try {
        const request = { ID: id, TTL: ttlSeconds };
        const answer = await connection.call((etcd) => etcd.lease.leaseGrant(request), timeoutMs);
        return { id, ttlMs: Number(answer.TTL) * 1_000, renewedAt };
      } catch (error) {
        if (readFailure(error).kind !== "lease-exists") throw error;
        const ttlMs = (await renewOnce(connection, id, timeoutMs)) * 1_000;
        if (ttlMs > 0) return { id, ttlMs, renewedAt };
        throw new Error("14 UNAVAILABLE: the lease ran out", { cause: error }); // and may be granted again
      }
    },
  });
}

/**
 * Renews a lease that was taken for lost: after an outage etcd gives each its full time again. Gives undefined when
 * etcd has forgotten it. Throws a StoreError.
 */
export function reviveLease(cluster: Cluster, id: string, signal: AbortSignal): Promise<Lease | undefined> {
  return cluster.ask({
    what: "renew a lease",
    signal,
    attempt: async (connection, timeoutMs) => {
      const renewedAt = performance.now();
      const ttlSeconds = await renewOnce(connection, id, timeoutMs);
      return ttlSeconds > 0 ? { id, ttlMs: ttlSeconds * 1_000, renewedAt } : undefined;
    },
  });
}

/** Revokes a lease; one that is gone already is as good. Throws a StoreError. */
export function revokeLease(cluster: Cluster, id: string): Promise<void> {
  return cluster.ask({
    what: "revoke a lease",
    attempt: async (connection, timeoutMs) => {
      try {
        await connection.call((etcd) => etcd.lease.leaseRevoke({ ID: id }), timeoutMs);
      } catch (error) {
        if (readFailure(error).kind !== "lease-gone") throw error;
      }
    },
  });
}

async function renewOnce(connection: Connection, id: string, timeoutMs: number): Promise<number> {
  const stream = await LeaseStream.open(connection, timeoutMs);
  try {
    return await stream.renew(id, timeoutMs);
  } finally {
    stream.close();
  }
}
