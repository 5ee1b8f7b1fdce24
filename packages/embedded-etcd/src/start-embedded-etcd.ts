import { Server, ServerCredentials } from "@grpc/grpc-js";

import { loadEtcdServices } from "./etcd-proto.ts";
import { EtcdState } from "./etcd-state.ts";
import { kvService } from "./kv-service.ts";
import { LeaseService } from "./lease-service.ts";
import { authService, clusterService, maintenanceService } from "./maintenance-service.ts";
import { WatchService } from "./watch-service.ts";

/** Where an embedded etcd listens. */
export interface EmbeddedEtcdSettings {
  /** Loopback only. Default `127.0.0.1`. */
  readonly host?: "127.0.0.1" | "::1";
  /** Default 0: a free one. */
  readonly port?: number;
}

/**
 * An etcd v3 server in this process: one member, everything in memory, without users and TLS. It keeps 100,000 revisions
 * of history.
 */
export interface EmbeddedEtcd {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly port: number;
  /** Ends its streams and stops listening, but keeps its keys and leases; no lease runs out meanwhile. */
  stop(): Promise<void>;
  /** Listens again on the same port. Every lease has its whole TTL again, as after a restart of etcd. */
  start(): Promise<void>;
  /** Ends its streams, lets calls under way finish for a moment, and stops listening. */
  close(): Promise<void>;
  /** Drops everything now. */
  destroy(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const CLOSE_WITHIN_MS = 1_000;
// So that a server that runs for days does not grow: older ones are compacted away.
const REVISIONS_KEPT = 100_000;
const COMPACTION_EVERY_MS = 60_000;
// What etcd's gRPC server takes: --max-request-bytes and 512 KiB on top.
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

/**
 * Starts an embedded etcd, for development and fast tests. Throws with `NODE_ENV=production`, on a host that is not
 * loopback, and when the port is taken: it keeps nothing over a restart and lets everybody in.
 */
export async function startEmbeddedEtcd(settings: EmbeddedEtcdSettings = {}): Promise<EmbeddedEtcd> {
  const { host = "127.0.0.1", port = 0 } = settings;
  if (process.env["NODE_ENV"] === "production") {
    throw new Error(
      "the embedded etcd keeps nothing over a restart: it does not start with NODE_ENV=production",
    );
  }
  if (host !== "127.0.0.1" && host !== "::1") {
    throw new Error(
      `the embedded etcd lets everybody in: it listens on loopback only, not on ${String(host)}`,
    );
  }
  const embedded = new EmbeddedEtcdServer(host.includes(":") ? `[${host}]` : host);
  try {
    await embedded.listen(port);
    return embedded;
  } catch (error) {
    embedded.destroy();
    throw error;
  }
}

class EmbeddedEtcdServer implements EmbeddedEtcd {
  port = 0;
  readonly #authority: string;
  readonly #state = new EtcdState();
  readonly #compactionTimer = setInterval(
    () => this.#state.keepRevisions(REVISIONS_KEPT),
    COMPACTION_EVERY_MS,
  );
  #listener: Listener | undefined;

  constructor(authority: string) {
    this.#authority = authority;
  }

  get endpoint(): string {
    return `http://${this.#authority}:${this.port}`;
  }

  async listen(port: number): Promise<void> {
    const listener = new Listener(this.#state, () => this.endpoint);
    try {
      this.port = await listener.bind(`${this.#authority}:${port}`);
      this.#listener = listener;
    } catch (error) {
      listener.destroy();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }

  async start(): Promise<void> {
    if (this.#listener !== undefined) return;
    this.#state.leases.renewAll();
    await this.listen(this.port);
  }

  async close(): Promise<void> {
    clearInterval(this.#compactionTimer);
    await this.stop();
  }

  destroy(): void {
    clearInterval(this.#compactionTimer);
    this.#listener?.destroy();
    this.#listener = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** etcd's services on one port, over a state that outlives them. */
class Listener {
  readonly #watches: WatchService;
  readonly #leases: LeaseService;
  readonly #server = new Server({ "grpc.max_receive_message_length": MAX_MESSAGE_BYTES });

  constructor(state: EtcdState, endpoint: () => string) {
    this.#watches = new WatchService(state);
    this.#leases = new LeaseService(state);
    const services = loadEtcdServices();
    this.#server.addService(services.kv, kvService(state));
    this.#server.addService(services.watch, { watch: this.#watches.watch });
    this.#server.addService(services.lease, this.#leases.methods());
    this.#server.addService(services.cluster, clusterService(state, endpoint));
    this.#server.addService(services.maintenance, maintenanceService(state));
    this.#server.addService(services.auth, authService(state));
  }

  /** Resolves with the port. */
  bind(address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(new Error(`the embedded etcd cannot listen on ${address}: ${error.message}`));
      });
    });
  }

  async close(): Promise<void> {
    this.#endStreams();
    const force = setTimeout(() => this.#server.forceShutdown(), CLOSE_WITHIN_MS);
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    clearTimeout(force);
  }

  destroy(): void {
    this.#endStreams();
    this.#server.forceShutdown();
  }

  #endStreams(): void {
    this.#watches.stop();
    this.#leases.stop();
  }
}
