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
  const embedded = new EmbeddedEtcdServer();
  await embedded.listen(host, port);
  return embedded;
}

class EmbeddedEtcdServer implements EmbeddedEtcd {
  endpoint = "";
  port = 0;
  readonly #state = new EtcdState();
  readonly #watches = new WatchService(this.#state);
  readonly #leases = new LeaseService(this.#state);
  readonly #compactionTimer = setInterval(
    () => this.#state.keepRevisions(REVISIONS_KEPT),
    COMPACTION_EVERY_MS,
  );
  readonly #server = new Server({ "grpc.max_receive_message_length": MAX_MESSAGE_BYTES });

  constructor() {
    const services = loadEtcdServices();
    this.#server.addService(services.kv, kvService(this.#state));
    this.#server.addService(services.watch, { watch: this.#watches.watch });
    this.#server.addService(services.lease, this.#leases.methods());
    this.#server.addService(
      services.cluster,
      clusterService(this.#state, () => this.endpoint),
    );
    this.#server.addService(services.maintenance, maintenanceService(this.#state));
    this.#server.addService(services.auth, authService(this.#state));
  }

  async listen(host: string, port: number): Promise<void> {
    const authority = host.includes(":") ? `[${host}]` : host;
    try {
      this.port = await this.#bind(`${authority}:${port}`);
    } catch (error) {
      this.destroy();
      throw error;
    }
    this.endpoint = `http://${authority}:${this.port}`;
  }

  async close(): Promise<void> {
    this.#stop();
    const force = setTimeout(() => this.#server.forceShutdown(), CLOSE_WITHIN_MS);
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    clearTimeout(force);
  }

  destroy(): void {
    this.#stop();
    this.#server.forceShutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #bind(address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(new Error(`the embedded etcd cannot listen on ${address}: ${error.message}`));
      });
    });
  }

  #stop(): void {
    clearInterval(this.#compactionTimer);
    this.#watches.stop();
    this.#leases.stop();
  }
}
