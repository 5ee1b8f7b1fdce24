import type { Cluster } from "./cluster.ts";
import type { Member } from "./store.ts";

/** The members that the cluster has, by its own list. Throws a StoreError. */
export function listMembers(cluster: Cluster): Promise<readonly Member[]> {
  return cluster.ask({
    what: "list etcd's members",
    attempt: async (connection, timeoutMs) => {
      const { members } = await connection.call((etcd) => etcd.cluster.memberList({}), timeoutMs);
      return members.map(({ name, clientURLs }) => ({ name, endpoints: clientURLs }));
    },
  });
}
