// One etcd endpoint. Whatever speaks gRPC is loaded when it is first asked: that takes longer than all the rest of a
// router, which may have a table from disk to serve, and is not needed for help, files and completion either.

import type { Etcd, GrpcConnection } from "./grpc-connection.ts";
import type { StoreSettings } from "./store.ts";

/** The calls and streams of one endpoint. Loads gRPC, and connects, when it is first used. */
export class Connection {
  readonly endpoint: string;
  readonly #settings: StoreSettings;
  #grpc: GrpcConnection | undefined;
  #isClosed = false;

  constructor(endpoint: string, settings: StoreSettings) {
    this.endpoint = endpoint;
    this.#settings = settings;
  }

  /** Loads gRPC, so that what is timed afterwards is etcd's answer alone. */
  async load(): Promise<void> {
    await this.#loaded();
  }

  /** See {@link GrpcConnection.call}. */
  async call<T>(call: (etcd: Etcd) => Promise<T>, timeoutMs: number): Promise<T> {
    return (await this.#loaded()).call(call, timeoutMs);
  }

  /** See {@link GrpcConnection.callAlone}. */
  async callAlone<T>(call: (etcd: Etcd) => Promise<T>, timeoutMs: number): Promise<T> {
    return (await this.#loaded()).callAlone(call, timeoutMs);
  }

  /** See {@link GrpcConnection.openStream}. */
  async openStream<S>(open: (etcd: Etcd) => Promise<S>, timeoutMs: number): Promise<S> {
    return (await this.#loaded()).openStream(open, timeoutMs);
  }

  /** See {@link GrpcConnection.renew}. */
  renew(): void {
    this.#grpc?.renew();
  }

  /** See {@link GrpcConnection.close}. */
  close(): void {
    this.#isClosed = true;
    this.#grpc?.close();
  }

  async #loaded(): Promise<GrpcConnection> {
    const { GrpcConnection: Grpc } = await import("./grpc-connection.ts");
    this.#grpc ??= new Grpc(this.endpoint, this.#settings);
    if (this.#isClosed) this.#grpc.close();
    return this.#grpc;
  }
}
