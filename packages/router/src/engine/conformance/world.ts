import type { Instance, Route, Settings } from "@wayleave/records";

import { ExchangeCounts } from "../../observe/exchange-counts.ts";
import { openIdentity } from "../../certificates/open-identity.ts";
import { SealKeys } from "../../certificates/seal-keys.ts";
import type { ExchangeSummary } from "../../request/exchange-summary.ts";
import type { FailureCode } from "../../request/failures.ts";
import { createExchanges } from "../../request/handle-exchange.ts";
import { trustPeers } from "../../request/trusted-peers.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { TableChange } from "../../table/table-change.ts";
import { Table } from "../../table/table.ts";
import type { Engine } from "../engine.ts";
import type { CreateUnderTest } from "./engines.ts";
import { RawConnection } from "./raw-connection.ts";
import { type Behaviour, TestInstance } from "./test-instance.ts";

/** How a world differs from the plain one. */
export interface WorldOptions {
  readonly route?: Partial<Route>;
  readonly settings?: Settings;
  readonly proxyProtocol?: boolean;
}

/** An engine with a real table, and real instances of the app `shop`, which every host leads to. */
export class World {
  readonly engine: Engine;
  readonly table = new Table({ affinityKey: "key" });
  readonly summaries: ExchangeSummary[] = [];
  /** What the metrics are made of. */
  readonly counts = new ExchangeCounts();
  /** Handshakes with instances that failed: the instance's id, and the failure. */
  readonly distrusted: (readonly [id: string, failure: FailureCode])[] = [];
  port = 0;
  readonly #instances: TestInstance[] = [];
  readonly #clients: RawConnection[] = [];
  readonly #adopted = new AsyncDisposableStack();
  readonly #create: CreateUnderTest;
  #revision = 0;

  private constructor(
    create: CreateUnderTest,
    { route = {}, settings = {}, proxyProtocol = false }: WorldOptions,
  ) {
    this.#create = create;
    const exchanges = createExchanges({
      table: () => this.table,
      observers: [(summary) => this.summaries.push(summary), this.counts.observe],
      pseudonym: "wl-test",
      isTrusted: trustPeers([]),
      now: Date.now,
      clock: () => performance.now(),
      random: Math.random,
      distrusted: ({ id }, failure) => this.distrusted.push([id, failure]),
    });
    this.engine = create({
      exchanges: this.counts.counting(exchanges),
      listenerPolicy: () => this.table.listenerPolicy,
      proxyProtocol,
      connectionObserver: this.counts.connections,
      clientIdentities: {
        get: (name) => this.table.certificates.get(name),
        open: (entry) => openIdentity(entry, SealKeys.none()),
      },
    });
    const record: Route = { to: [{ app: "shop" }], instanceTls: create.instances?.trust, ...route };
    this.table.apply({
      revision: ++this.#revision,
      settings,
      routes: [{ host: "*", path: "/", route: record }],
      instances: [],
    });
  }

  static async start(create: CreateUnderTest, options: WorldOptions = {}): Promise<World> {
    const world = new World(create, options);
    ({ port: world.port } = await world.engine.listen({ host: "127.0.0.1", port: 0 }));
    return world;
  }

  /** Starts an instance and registers it. */
  async instance(behave: Behaviour): Promise<TestInstance> {
    const instance = await TestInstance.start(behave, this.#create.instances?.options);
    this.#instances.push(instance);
    this.register(instance.port);
    return instance;
  }

  /** Registers an instance that was started, of whatever protocol, and stops it in the end. */
  adopt<Started extends AsyncDisposable & { readonly port: number }>(
    instance: Started,
    protocol: Instance["protocol"],
  ): Started {
    this.#adopted.use(instance);
    this.register(instance.port, { protocol });
    return instance;
  }

  /** Registers an instance on a port, whoever listens there; its id is the port. */
  register(
    port: number,
    { state = "ready", protocol = this.#protocol }: Partial<Pick<Instance, "state" | "protocol">> = {},
  ): void {
    const instance = { address: "127.0.0.1", port, protocol, state, since: 0, isSuspect: false };
    this.apply({ instances: [{ app: "shop", id: String(port), instance }] });
  }

  get #protocol(): Instance["protocol"] {
    return this.#create.instances === undefined ? "http" : "https";
  }

  unregister(port: number): void {
    this.apply({ instances: [{ app: "shop", id: String(port), instance: null }] });
  }

  /** A port on which nobody listens. */
  async deadPort(): Promise<number> {
    const instance = await TestInstance.start(async () => undefined);
    const { port } = instance;
    await instance.stop();
    return port;
  }

  /** What the metrics say of failures: those of exchanges, and those that were tried again. */
  failureCounts(): { failed: Record<string, number>; retried: Record<string, number> } {
    const { failures = [] } = this.counts.of({ host: "*", path: "/" }) ?? {};
    return { failed: Object.fromEntries(failures), retried: Object.fromEntries(this.counts.retries) };
  }

  entry(port: number): InstanceEntry | undefined {
    return this.table.app("shop")?.instances.get(String(port));
  }

  async client(): Promise<RawConnection> {
    const client = await this.#connect(this.#create);
    this.#clients.push(client);
    return client;
  }

  async #connect({ authority, clientsSpeak }: CreateUnderTest): Promise<RawConnection> {
    if (authority === undefined) return await RawConnection.open(this.port);
    if (clientsSpeak === "h2") return await RawConnection.openHttp2(this.port, authority);
    return await RawConnection.openSecure(this.port, authority);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.socket.destroy();
    this.engine.destroy();
    for (const instance of this.#instances) await instance.stop();
    await this.#adopted.disposeAsync();
  }

  /** Applies a change as a data plane does. */
  apply(change: Partial<TableChange>): void {
    const { withdrawn, hasNewTrust } = this.table.apply({
      routes: [],
      instances: [],
      ...change,
      revision: ++this.#revision,
    });
    for (const entry of withdrawn) this.engine.dropIdle(entry);
    if (hasNewTrust) this.engine.dropSecure();
  }
}

/** A request of this method and target with a Host; more fields and the body come after it. */
export function requestText(start = "GET /", fields: readonly string[] = [], body = ""): string {
  return [`${start} HTTP/1.1`, "Host: shop.example", ...fields, "", body].join("\r\n");
}
