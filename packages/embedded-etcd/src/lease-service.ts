import type {
  handleBidiStreamingCall,
  ServerDuplexStream,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";

import { etcdError } from "./etcd-error.ts";
import type { EtcdState, ResponseHeader } from "./etcd-state.ts";
import { unary } from "./unary.ts";

interface LeaseRequest {
  readonly ID: string;
}

interface KeepAliveResponse {
  readonly header: ResponseHeader;
  readonly ID: string;
  readonly TTL: number;
}

type KeepAliveCall = ServerDuplexStream<LeaseRequest, KeepAliveResponse>;

const EXPIRY_CHECK_MS = 500; // etcd's

/** etcd's lease service: grants leases, keeps them alive, and ends those whose time is over. */
export class LeaseService {
  readonly #state: EtcdState;
  readonly #keepAlives = new Set<KeepAliveCall>();
  readonly #expiryTimer: NodeJS.Timeout;

  constructor(state: EtcdState) {
    this.#state = state;
    this.#expiryTimer = setInterval(() => state.revokeExpired(), EXPIRY_CHECK_MS);
  }

  /** The gRPC methods. */
  methods(): UntypedServiceImplementation {
    const state = this.#state;
    const { leases } = state;
    return {
      leaseGrant: unary((request: LeaseRequest & { readonly TTL: string }) => {
        const { id, ttlSeconds } = leases.grant(request.ID, Number(request.TTL));
        return { header: state.header(), ID: id, TTL: ttlSeconds };
      }),
      leaseRevoke: unary((request: LeaseRequest) => {
        state.revokeLease(request.ID);
        return { header: state.header() };
      }),
      leaseKeepAlive: this.#keepAlive,
      leaseTimeToLive: unary((request: LeaseRequest & { readonly keys: boolean }) => {
        const header = state.header();
        const lease = leases.view(request.ID);
        if (lease === undefined) return { header, ID: request.ID, TTL: -1 };
        const keys = request.keys ? lease.keys.map((key) => Buffer.from(key, "latin1")) : [];
        return {
          header,
          ID: request.ID,
          TTL: lease.remainingSeconds,
          grantedTTL: lease.grantedSeconds,
          keys,
        };
      }),
      leaseLeases: unary(() => ({ header: state.header(), leases: leases.list().map((ID) => ({ ID })) })),
    };
  }

  /** Ends all streams; no lease expires any more. */
  stop(): void {
    clearInterval(this.#expiryTimer);
    for (const call of this.#keepAlives) call.emit("error", etcdError("stopped"));
    this.#keepAlives.clear();
  }

  // A lease that is not there is no error: its TTL is 0.
  readonly #keepAlive: handleBidiStreamingCall<LeaseRequest, KeepAliveResponse> = (call) => {
    this.#keepAlives.add(call);
    call.on("data", ({ ID }: LeaseRequest) => {
      call.write({ header: this.#state.header(), ID, TTL: this.#state.leases.keepAlive(ID) });
    });
    call.on("end", () => call.end());
    call.once("close", () => this.#keepAlives.delete(call));
  };
}
