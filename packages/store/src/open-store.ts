import { Cluster } from "./cluster.ts";
import { commit } from "./commit.ts";
import { parseEndpoint } from "./endpoints.ts";
import { RangeFollow } from "./follow.ts";
import { getRecord } from "./get.ts";
import { HeldLease } from "./held-lease.ts";
import { listPrefix } from "./list.ts";
import { leaseSecondsLeft } from "./lease-seconds-left.ts";
import { localAddress } from "./local-address.ts";
import { memberStatus } from "./member-status.ts";
import { memberVitals } from "./member-vitals.ts";
import { listMembers } from "./members.ts";
import {
  type Condition,
  type Follower,
  type Following,
  type LeasedRecords,
  type LeaseOptions,
  type Member,
  type MemberStatus,
  type MemberVitals,
  type Revision,
  type Store,
  StoreError,
  type StoreSettings,
  type Write,
} from "./store.ts";

/**
 * Opens a store on an etcd. Connects only when it is first used, so an etcd that cannot be reached is no error here;
 * settings that make no sense are: StoreError `failed`.
 */
export function openStore(settings: StoreSettings): Store {
  return new EtcdStore(settings);
}

class EtcdStore implements Store {
  readonly endpoints: readonly string[];
  readonly #cluster: Cluster;
  readonly #tls: StoreSettings["tls"];
  readonly #follows = new Set<RangeFollow>();
  readonly #leases = new Set<HeldLease>();

  constructor(settings: StoreSettings) {
    this.endpoints = readEndpoints(settings.endpoints);
    this.#cluster = new Cluster(this.endpoints, settings);
    this.#tls = settings.tls;
  }

  get(key: string): ReturnType<Store["get"]> {
    return getRecord(this.#cluster, key);
  }

  async list(...[prefix, options]: Parameters<Store["list"]>): ReturnType<Store["list"]> {
    const { records, revision } = await listPrefix(this.#cluster, prefix, options);
    return { records, revision };
  }

  commit(writes: readonly Write[], conditions: readonly Condition[] = []): Promise<Revision> {
    return commit(this.#cluster, { writes, conditions });
  }

  follow(prefix: string, follower: Follower): Following {
    const follow = new RangeFollow(this.#cluster, prefix, follower);
    this.#follows.add(follow);
    void follow.closed.then(() => this.#follows.delete(follow));
    return follow;
  }

  holdLease(options: LeaseOptions): LeasedRecords {
    const lease = new HeldLease(this.#cluster, options);
    this.#leases.add(lease);
    void lease.closed.then(() => this.#leases.delete(lease));
    return lease;
  }

  leaseSecondsLeft(lease: string): Promise<number | undefined> {
    return leaseSecondsLeft(this.#cluster, lease);
  }

  status(): Promise<readonly MemberStatus[]> {
    const { connections, callTimeoutMs } = this.#cluster;
    return Promise.all(connections.map((connection) => memberStatus(connection, callTimeoutMs)));
  }

  members(): Promise<readonly Member[]> {
    return listMembers(this.#cluster);
  }

  vitals(): Promise<readonly MemberVitals[]> {
    const { callTimeoutMs } = this.#cluster;
    return Promise.all(this.endpoints.map((endpoint) => memberVitals(endpoint, this.#tls, callTimeoutMs)));
  }

  localAddress(): Promise<string> {
    return localAddress(this.endpoints, this.#cluster.callTimeoutMs);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#follows, ...this.#leases].map((part) => part.close()));
    this.#cluster.close();
  }

  destroy(): void {
    for (const lease of this.#leases) lease.destroy();
    for (const follow of this.#follows) void follow.close();
    this.#cluster.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function readEndpoints(given: readonly string[]): readonly string[] {
  const endpoints = new Set<string>();
  for (const text of given) {
    const parsed = parseEndpoint(text);
    if (!parsed.ok) throw new StoreError("failed", parsed.reason);
    endpoints.add(parsed.value);
  }
  if (endpoints.size === 0) throw new StoreError("failed", "no etcd endpoint is given");
  return [...endpoints];
}
