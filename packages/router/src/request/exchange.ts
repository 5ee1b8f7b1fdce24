// The contract between an engine and the request path: what an engine tells, and what it is told.

import type { InstanceEntry } from "../table/instance-entry.ts";
import type { Policy } from "../table/policy.ts";
import type { AttemptEnd } from "./attempts.ts";
import type { ClientCertificate } from "./client-certificate.ts";
import type { FailureCode } from "./failures.ts";
import type { FieldLines } from "./field-lines.ts";
import type { KnownHost } from "./known-host.ts";

/** What a client or an instance speaks, as Via tells it. */
export type HttpVersion = "1.0" | "1.1" | "2.0";

/** A request's head as it was read: nothing decoded, nothing joined, nothing dropped. */
export interface RequestHead {
  readonly method: string;
  /** The request target as the client sent it. */
  readonly target: string;
  readonly httpVersion: HttpVersion;
  /** name, value, name, value, ... in the order and the case in which they came. */
  readonly rawHeaders: readonly string[];
  /** The same as lines, where the engine has them so. */
  readonly lines?: FieldLines;
  /** The head announces a body (a Content-Length above 0, or chunked). */
  readonly hasBody: boolean;
  /** It has an Upgrade field, and Connection names it (RFC 9110 section 7.8). */
  readonly isUpgrade: boolean;
}

/** The peer of a client connection: one object a connection, so that what is found out of it is kept. */
export interface Client {
  readonly address: string;
  readonly port: number;
  readonly localPort: number;
  readonly isTls: boolean;
  /** The host that it named in its TLS handshake (RFC 6066 section 3). */
  readonly servername?: string;
  /** For the request path: the host that it asked for last. */
  lastHost?: KnownHost;
  /** The certificate by which it showed in its TLS handshake who it is; verified. */
  readonly certificate?: ClientCertificate;
}

/** Where engines get their exchanges. */
export interface Exchanges {
  /**
   * Starts an exchange: matches the route and picks an instance. Never throws. Afterwards either
   * `instance` is set, or `failure` is.
   */
  open(head: RequestHead, client: Client): Exchange;
  /** Starts an exchange that is a failure already: a head that could not be read whole or at all. */
  refuse(failure: FailureCode, client: Client, detail?: string): Exchange;
}

/** One request and its response. The engine calls its members in the order in which they stand. */
export interface Exchange {
  /** The instance to send it to; undefined when there is a failure. */
  readonly instance: InstanceEntry | undefined;
  readonly failure: FailureCode | undefined;
  /**
   * Timeouts and limits that hold for this exchange. `exchangeMs` runs from `open`: when it ends, an
   * exchange without an answer's head fails with `answer-timeout`, or with `body-timeout` when the client is still
   * sending, and one with it is cut.
   */
  readonly policy: Policy;
  /** The request target to send: the client's own in origin-form (RFC 9112 section 3.2.1). */
  readonly target: string;
  /**
   * The value of Upgrade to send, together with `Connection: Upgrade`; undefined: send it as an
   * ordinary request, none was asked or it is not let through (RFC 9110 section 7.8 allows that).
   */
  readonly upgrade: string | undefined;

  /**
   * The header fields to send to `instance`, flat as in `rawHeaders`: hop-by-hop fields dropped,
   * forwarded fields set. Framing is the engine's: Content-Length is kept as it came;
   * Transfer-Encoding, Connection, Keep-Alive, Upgrade, TE and Expect are not in it.
   */
  requestHeaders(): string[];
  /** The same as lines (`name: value CRLF`), but without Content-Length. */
  requestLines(): string;

  /** The engine begins to connect, or takes a kept connection. */
  connecting(): void;

  /**
   * The attempt on `instance` failed. True: `instance` is now the one to try next, on a fresh
   * connection: another one, or the same when a kept connection was dead. False: `failure` is set.
   * `isSent`: bytes of the request may have reached the instance. `isReused`: on a kept
   * connection. `canResend`: the engine still has the whole request to send (it had no body, or
   * none of it was read). What the client did wrong in its body (`bad-request`, `body-too-large`,
   * `body-timeout`) is told here too: it is never retried, nor held against the instance.
   */
  retry(failure: FailureCode, attempt: AttemptEnd): boolean;

  /**
   * The final head of an instance's answer came (101 is one). Gives the header fields for the
   * client, flat: hop-by-hop fields dropped; request id, affinity cookie, Via and a missing Date
   * added. Framing is the engine's, as are Connection and, on a 101, Upgrade.
   */
  answerHeaders(status: number, rawHeaders: readonly string[]): string[];
  /** The same as lines, but without Content-Length. */
  answerLines(status: number, lines: FieldLines): string;

  /**
   * The answer that the router makes itself, for `failure`. Framing and Connection are the engine's:
   * `headers` has no Content-Length, but a Date. A HEAD request gets the same headers and no body.
   */
  failureAnswer(): { readonly status: number; readonly headers: string[]; readonly body: Buffer };

  /** The connection was upgraded (101): it is a tunnel from here on. */
  upgraded(): void;

  /** The instance has sent its whole answer. */
  answerEnded(): void;

  /**
   * The exchange is over; called exactly once, whatever happened. `cut`: it ended before the answer
   * was whole for the client (`client-gone`, `answer-cut`, ...).
   */
  finish(end: { bytesIn: number; bytesOut: number; cut?: FailureCode }): void;
}
