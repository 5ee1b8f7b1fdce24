import { Etcd3 } from "etcd3";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { realEtcd, startEtcd } from "@wayleave/testkit";

/** One member of whichever etcd. */
export interface OneEtcd {
  readonly endpoint: string;
  close(): Promise<void>;
}

const ALL: readonly { name: string; isAvailable: boolean; start: () => Promise<OneEtcd> }[] = [
  { name: "the embedded etcd", isAvailable: true, start: () => startEmbeddedEtcd() },
  { name: "a real etcd", isAvailable: realEtcd.isAvailable, start: startRealEtcd },
];

/** The etcds that the contract of a store is tested on. */
export const ETCDS = ALL.filter(({ isAvailable }) => isAvailable);

async function startRealEtcd(): Promise<OneEtcd> {
  const etcd = await startEtcd();
  return { endpoint: etcd.endpoints[0] ?? "", close: () => etcd.close() };
}

/** Does something with a plain client, and closes it. */
async function withClient<T>(endpoint: string, work: (client: Etcd3) => Promise<T>): Promise<T> {
  const client = new Etcd3({ hosts: endpoint, grpcOptions: { "grpc.enable_http_proxy": 0 } });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** Forgets the history before a revision. */
export async function compact(endpoint: string, revision: number): Promise<void> {
  await withClient(endpoint, (client) => client.kv.compact({ revision, physical: true }));
}

/** Takes a lease away from its owner. */
export async function revoke(endpoint: string, lease: string): Promise<void> {
  await withClient(endpoint, (client) => client.leaseClient.leaseRevoke({ ID: lease }));
}
