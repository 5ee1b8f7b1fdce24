import type { Cluster } from "./cluster.ts";

/** Whole seconds until a lease runs out; undefined when etcd knows no such lease. Throws a StoreError. */
export function leaseSecondsLeft(cluster: Cluster, lease: string): Promise<number | undefined> {
  return cluster.ask({
    what: `ask how long the lease ${lease} has`,
    attempt: async (connection, timeoutMs) => {
      const request = { ID: lease, keys: false };
      const { TTL } = await connection.call((etcd) => etcd.lease.leaseTimeToLive(request), timeoutMs);
      const seconds = Number(TTL); // -1: gone; 0: in its last second
      return seconds < 0 ? undefined : seconds;
    },
  });
}
