import type { FloodKind } from "./http2/flood-watch.ts";
import type { HandshakeFailure } from "./tls/handshake-failure.ts";

/** Told of connections what is in no exchange. Must not throw. */
export interface ConnectionObserver {
  handshakeDone(handshake: DoneHandshake): void;
  /** `detail`: more of the reason, for the log. */
  handshakeFailed(
    failure: HandshakeFailure,
    about: { readonly address: string; readonly detail?: string },
  ): void;
  /** A connection was ended because its client had the router do too much of one kind. */
  flooded(kind: FloodKind): void;
}

/** What a handshake came to. */
export interface DoneHandshake {
  readonly isResumed: boolean;
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly version: string;
  /** By ALPN; undefined: the client named none. */
  readonly protocol: string | undefined;
}

/** For who wants to know nothing. */
export const NO_OBSERVER: ConnectionObserver = {
  handshakeDone: () => undefined,
  handshakeFailed: () => undefined,
  flooded: () => undefined,
};
