// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// The fields that tell the app of its client.

import { forwardedCertificate } from "./client-certificate.ts";
import type { Client, HttpVersion } from "./exchange.ts";
import type { Said } from "./request-fields.ts";
import { plainAddress } from "./trusted-peers.ts";

/** What the fields are made of. */
export interface Forwarding {
  readonly client: Client;
  /** What a trusted proxy before us said; empty for everyone else. */
  readonly said: Said;
  /** What the client gave as host, with its port: what goes on as Host. Undefined for an HTTP/1.0 client. */
  readonly host: string | undefined;
  /** The port in `host`. */
  readonly port: string | undefined;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly httpVersion: HttpVersion;
  readonly pseudonym: string;
}

/**
 * Adds the router's own fields to `kept`, flat. Of what a trusted proxy said, its list of addresses is
 * continued and the rest is kept.
 *
 * `traceparent` is among the kept, untouched: who makes no span passes it through (W3C Trace
 * Context). None is made for a request without one: its parent would be a span that nobody reports,
 * and its sampled flag would decide for the app what is traced.
 */
export function addForwardedFields(kept: string[], forwarding: Forwarding): string[] {
  const { client, said, host } = forwarding;
  const address = plainAddress(client.address);
  kept.push(
    "X-Forwarded-For",
    said.for === undefined ? address : `${said.for}, ${address}`,
    "X-Forwarded-Proto",
    said.proto ?? (client.isTls ? "https" : "http"),
    "X-Forwarded-Port",
    said.port ?? portOf(forwarding),
    "X-Request-Id",
    forwarding.requestId,
    "X-Request-Start",
    said.requestStart ?? startText(forwarding.startedAt),
    "Via",
    `${forwarding.httpVersion} ${forwarding.pseudonym}`,
  );
  const forwardedHost = said.host ?? host;
  if (forwardedHost !== undefined) kept.push("X-Forwarded-Host", forwardedHost);
  const certificate = forwardedCertificate(client, said);
  if (certificate !== undefined) kept.push("X-Forwarded-Client-Cert", certificate);
  return kept;
}

let startedAt = -1;
let start = "";

/** `t=` and epoch milliseconds; made once a millisecond. */
function startText(nowMs: number): string {
  if (nowMs !== startedAt) {
    startedAt = nowMs;
    start = `t=${nowMs}`;
  }
  return start;
}

/** The port that the client meant: behind a port mapping the one that we listen on is none of its business. */
function portOf({ client, host, port }: Forwarding): string {
  if (host === undefined) return String(client.localPort);
  return port ?? (client.isTls ? "443" : "80");
}
