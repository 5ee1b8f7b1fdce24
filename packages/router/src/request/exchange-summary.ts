import type { InstanceEntry } from "../table/instance-entry.ts";
import type { Client, HttpVersion } from "./exchange.ts";
import type { FailureCode } from "./failures.ts";

/** What is known of an exchange when it is over: the access log and the metrics are made of it. */
export interface ExchangeSummary {
  readonly requestId: string;
  /** Epoch milliseconds at which the head was read. */
  readonly startedAt: number;
  readonly client: Client;
  /** The client's address as a trusted proxy tells it; undefined when the peer is the client itself. */
  readonly forwardedClient?: string | undefined;
  /** The subject of the certificate that the client showed, to this router or to a trusted proxy. */
  readonly clientSubject?: string | undefined;
  /** "" when the head could not be read; so are `host` and `target`. */
  readonly method: string;
  /** Lower case, without a port. */
  readonly host: string;
  /** As the client sent it, query included. */
  readonly target: string;
  readonly httpVersion: HttpVersion;
  /** The place of the route that matched. */
  readonly route: { readonly host: string; readonly path: string } | undefined;
  readonly app: string | undefined;
  /** The last instance that was tried. */
  readonly instance: InstanceEntry | undefined;
  /** The status that the client got; 499 when it went away before there was one. */
  readonly status: number;
  /** Why the router answered itself, or cut the exchange short. */
  readonly failure: FailureCode | undefined;
  /** More of the reason than `failure` tells, for the log. */
  readonly detail: string | undefined;
  /** Instances tried; 0 when none was. */
  readonly attempts: number;
  /** Why each attempt failed that was given up for another one, in order. */
  readonly retried: readonly FailureCode[];
  /** Bytes of body, as they came from and went to the client. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the head's last byte to the answer's last; `instanceMs` of it went to instances, `ownMs` did not. */
  readonly totalMs: number;
  readonly instanceMs: number;
  readonly ownMs: number;
  readonly isUpgraded: boolean;
}

/** Gets each exchange once, when it is over. Must neither throw nor block. */
export type ExchangeObserver = (summary: ExchangeSummary) => void;
