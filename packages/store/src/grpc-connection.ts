// One etcd endpoint by gRPC, for the clients of the etcd3 package. They run over a gRPC channel of ours and not over the package's
// own pool: that makes calls again without asking, calls itself without an end when a token is refused, never renews the
// token of a stream, closes all channels when one call fails, and does not reach `https://IP:PORT` on Node 26.

import { type CallOptions, type ClientUnaryCall, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  AuthClient,
  ClusterClient,
  type ICallable,
  KVClient,
  LeaseClient,
  MaintenanceClient,
  WatchClient,
} from "etcd3";

import { channelOptionsFor, credentialsFor } from "./channel-options.ts";
import { authorityOf } from "./endpoints.ts";
import { readFailure } from "./etcd-failure.ts";
import { EtcdServices, methodNamed } from "./etcd-protocol.ts";
import type { StoreSettings } from "./store.ts";

/** The clients of the etcd3 package for one call or stream; each is made when it is asked for. */
export class Etcd {
  readonly #callable: ICallable<undefined>;

  constructor(callable: ICallable<undefined>) {
    this.#callable = callable;
  }

  get kv(): KVClient {
    return new KVClient(this.#callable);
  }

  get lease(): LeaseClient {
    return new LeaseClient(this.#callable);
  }

  get watch(): WatchClient {
    return new WatchClient(this.#callable);
  }

  get maintenance(): MaintenanceClient {
    return new MaintenanceClient(this.#callable);
  }

  get cluster(): ClusterClient {
    return new ClusterClient(this.#callable);
  }

  get auth(): AuthClient {
    return new AuthClient(this.#callable);
  }
}

/** The calls and streams of one endpoint. Connects when it is first used. */
export class GrpcConnection {
  readonly endpoint: string;
  readonly #settings: StoreSettings;
  readonly #running = new Set<ClientUnaryCall>();
  #isClosed = false;
  #client: InstanceType<typeof EtcdServices> | undefined;
  #token: Promise<string | undefined> | undefined;

  constructor(endpoint: string, settings: StoreSettings) {
    this.endpoint = endpoint;
    this.#settings = settings;
  }

  /** Makes one call. Rejects with gRPC's error; never makes it a second time but for a stale token. */
  async call<T>(call: (etcd: Etcd) => Promise<T>, timeoutMs: number): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    const token = this.#currentToken(deadline);
    try {
      return await call(this.#etcd(metadataFor(await token), deadline));
    } catch (error) {
      if (this.#settings.auth === undefined || readFailure(error).kind !== "token") throw error;
      if (this.#token === token) this.#token = undefined;
      const renewed = await this.#currentToken(deadline);
      return call(this.#etcd(metadataFor(renewed), deadline));
    }
  }

  /** Makes one call that a member without a leader answers too, and that needs no token. */
  callAlone<T>(call: (etcd: Etcd) => Promise<T>, timeoutMs: number): Promise<T> {
    return call(this.#etcd(new Metadata(), Date.now() + timeoutMs));
  }

  /** Opens a raw stream; the time is for the token that it needs. */
  async openStream<S>(open: (etcd: Etcd) => Promise<S>, timeoutMs: number): Promise<S> {
    const token = await this.#currentToken(Date.now() + timeoutMs);
    return open(this.#etcd(metadataFor(token)));
  }

  /** Makes the next call over a new connection: this one may be half-open. Calls and streams that run go on. */
  renew(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  /** Cancels all calls, and refuses new ones. Streams are ended by those who opened them. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#running) call.cancel();
    this.renew();
  }

  #etcd(metadata: Metadata, deadline?: number): Etcd {
    return new Etcd({
      callOptionsFactory: deadline === undefined ? undefined : { deadline },
      exec: <T>(_service: unknown, method: string, request: unknown, options?: CallOptions) =>
        this.#exec<T>(method, request, metadata, { ...options, ...(deadline !== undefined && { deadline }) }),
      withConnection: async (_service, use) => use({ resource: undefined, client: this.#services, metadata }),
      markFailed: () => {},
    });
  }

  #exec<T>(method: string, request: unknown, metadata: Metadata, options: CallOptions): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = methodNamed(method);
    const services = this.#services;
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: T): void => {
        this.#running.delete(call);
        if (error?.code === status.DEADLINE_EXCEEDED && this.#client === services) this.renew();
        if (error !== null || answer === undefined) reject(error);
        else resolve(answer);
      };
      const call = services.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        options,
        done,
      );
      this.#running.add(call);
    });
  }

  get #services(): InstanceType<typeof EtcdServices> {
    if (this.#isClosed) throw new Error("1 CANCELLED: closed");
    this.#client ??= new EtcdServices(
      authorityOf(this.endpoint),
      credentialsFor(this.endpoint, this.#settings.tls),
      channelOptionsFor(this.endpoint),
    );
    return this.#client;
  }

  #currentToken(deadline: number): Promise<string | undefined> {
    const { auth } = this.#settings;
    if (auth === undefined) return NO_TOKEN;
    if (this.#token === undefined) {
      const token = authenticate(this.#etcd(new Metadata(), deadline), auth);
      this.#token = token;
      token.catch(() => {
        if (this.#token === token) this.#token = undefined;
      });
    }
    return this.#token;
  }
}

const NO_TOKEN = Promise.resolve(undefined);

async function authenticate(
  etcd: Etcd,
  { username, password }: NonNullable<StoreSettings["auth"]>,
): Promise<string | undefined> {
  try {
    return (await etcd.auth.authenticate({ name: username, password })).token;
  } catch (error) {
    if (readFailure(error).kind === "no-users") return undefined;
    throw error;
  }
}

// `hasleader` makes a member that lost its leader end the call or stream, in place of waiting with us.
function metadataFor(token: string | undefined): Metadata {
  const metadata = new Metadata();
  metadata.set("hasleader", "true");
  if (token !== undefined) metadata.set("token", token);
  return metadata;
}
