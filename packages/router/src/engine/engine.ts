// The engine seam. An engine moves bytes and keeps connections; every decision is asked of request/.

import type { Exchanges } from "../request/exchange.ts";
import type { InstanceEntry } from "../table/instance-entry.ts";
import type { ListenerPolicy } from "../table/policy.ts";
import type { ConnectionObserver } from "./connection-observer.ts";
import type { ClientIdentities } from "./instance-tls/trusts.ts";
import type { HandshakeContexts } from "./tls/handshake.ts";

/** An address to bind (port 0 takes a free one), or a socket that is bound already: a handle of Node's, as a process gets it by IPC. */
export type ListenOn = { readonly host: string; readonly port: number } | { readonly handle: object };

/** A listener with the connections behind it, to clients and to instances. */
export interface Engine {
  /** Starts to accept. Rejects when the port is taken. */
  listen(on: ListenOn): Promise<{ readonly port: number }>;
  /** The same for connections that begin with a TLS handshake. Rejects with a RangeError when the engine has no `tls`. */
  listenTls(on: ListenOn): Promise<{ readonly port: number }>;
  /** Closes the idle kept connections to an instance that is gone or draining. */
  dropIdle(instance: InstanceEntry): void;
  /** Closes the idle kept connections to instances that had to prove who they are: that is asked otherwise now. */
  dropSecure(): void;
  /** Open client connections, now. */
  readonly connections: number;
  /** Connections of HTTP/2 to instances, now: those that are being made and those that finish, too. */
  readonly instanceSessions: number;
  /**
   * Stops accepting and says `Connection: close` with every answer, but ends no connection, idle or upgraded: no
   * request can meet a connection that closes just then. Resolves when none is left; `close` hastens it.
   */
  retire(): Promise<void>;
  /**
   * Stops accepting, tells kept-alive clients by `Connection: close`, lets running exchanges finish,
   * and resolves when none is left. Upgraded connections end with it; `destroy` cuts what remains.
   */
  close(): Promise<void>;
  /** Cuts every connection at once. */
  destroy(): void;
}

export interface EngineSettings {
  readonly exchanges: Exchanges;
  /** Read anew for each connection and head, so that a change of settings holds for the next one. */
  readonly listenerPolicy: () => ListenerPolicy;
  /**
   * Every connection begins with a PROXY header, which says who the client is; one without is closed, without a
   * word. It must be there within `headMs`, as the first head must. Default false.
   */
  readonly proxyProtocol?: boolean;
  /** Default: nobody is told. */
  readonly connectionObserver?: ConnectionObserver;
  /** Only with it may `listenTls` be called. */
  readonly tls?: TlsSettings | undefined;
  /** By which certificates the router says who it is. Default: there are none. */
  readonly clientIdentities?: ClientIdentities | undefined;
}

/** What an engine needs to take secure connections. */
export interface TlsSettings {
  readonly contexts: HandshakeContexts;
}

/** Both engines are made by such a function. */
export type CreateEngine = (settings: EngineSettings) => Engine;
