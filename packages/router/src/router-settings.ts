import type { Logger } from "pino";

import type { RecordSource } from "./control/record-source.ts";
import type { AccessLogFormat } from "./observe/access-log.ts";
import type { TraceSettings } from "./observe/traces/trace-settings.ts";

/** Where to listen: an address of this machine, and a port; 0 takes a free one. */
export interface ListenAt {
  readonly host: string;
  readonly port: number;
}

/** Both move bytes the same way; see engine/engine.ts. */
export type EngineName = "wire" | "http-proxy";

/** What {@link startRouter} takes. */
export interface RouterSettings {
  /** etcd, or another source of the records. Stays the caller's to close, after the router. */
  readonly store: RecordSource;
  /** Of all keys; default `/wayleave/`. */
  readonly prefix?: string;
  /** Default `0.0.0.0:8080`. */
  readonly listen?: ListenAt;
  /** Where it takes requests over TLS too; default: nowhere. Needs the engine `wire`. */
  readonly listenTls?: ListenAt;
  /** Default `127.0.0.1:9080`. Off loopback, all but the health checks needs `adminToken`. */
  readonly admin?: ListenAt;
  /** Bearer token of the admin listener. */
  readonly adminToken?: string;
  /** Default `wire`. */
  readonly engine?: EngineName;
  /** Default: logs nothing. */
  readonly logger?: Logger;
  /** Default `off`. */
  readonly accessLog?: AccessLogFormat;
  /** Where lines of `accessLog: "clf"` go, one or more at once; default: standard output. */
  readonly writeAccessLog?: (line: string) => void;
  /** Where spans of exchanges go; see {@link resolveTraceSettings}. Default: none are made. */
  readonly traces?: TraceSettings;
  /** Addresses and CIDRs of the proxies whose X-Forwarded- fields count. */
  readonly trustedProxies?: readonly string[];
  /**
   * Every connection must begin with a PROXY header (version 1 or 2), whoever it is from: then that says who the
   * client is. So only a balancer may be able to reach the listener. Default false.
   */
  readonly proxyProtocol?: boolean;
  /** Opens the private keys of certificates in the table: keys as {@link SealKeys.parse} reads them. */
  readonly sealKeys?: string;
  /** A folder of certificates to serve beside those of the table: `NAME.crt` with `NAME.key`, or both in `NAME.pem`. It is followed. */
  readonly certificatesDir?: string;
  /** Asks clients over TLS for a certificate by one of the authorities in this file, PEM; without one they are refused when it is required. It is followed. */
  readonly clientCa?: { readonly file: string; readonly isRequired: boolean };
  /** Takes certificates whose private key stands in the table in plain. Default false. */
  readonly allowPlainKeys?: boolean;
  /** Where instances may be; default: everywhere but link-local, multicast, unspecified and etcd itself. */
  readonly instanceCidrs?: readonly string[];
  /** Keeps the last table here, and starts from it when etcd is away. */
  readonly stateDir?: string;
  /** The replica's name: unique, 1 to 128 letters, digits, `.`, `_`, `-`. Default: the host's name and a random part. */
  readonly id?: string;
  readonly zone?: string;
  /** The secret behind affinity cookies, the same for all replicas. Default: made of the prefix, so no secret. */
  readonly affinityKey?: string;
  /** Before closing, /readyz says 503 for so long while all goes on; milliseconds, default 0. */
  readonly drainDelayMs?: number;
  /** Running exchanges may go on for so long after that; milliseconds, default 30,000. */
  readonly drainTimeoutMs?: number;
  /**
   * Processes that take requests, beside this one; 0, the default: this one does. They write the access log, and their
   * own log lines, to standard output, whatever `logger` writes to.
   */
  readonly workers?: number;
  /** How long workers go on serving when this process is gone; milliseconds, default 60,000. */
  readonly orphanTimeoutMs?: number;
  /** Gives up starting: `startRouter` waits for etcd for as long as it takes. */
  readonly signal?: AbortSignal;
}
