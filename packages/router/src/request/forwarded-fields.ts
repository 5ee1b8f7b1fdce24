// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// The fields that tell the app of its client.

import { forwardedCertificate } from "./client-certificate.ts";
import type { Client, HttpVersion } from "./exchange.ts";
import { fieldLine, onePiece } from "./field-lines.ts";
import type { Said } from "./request-fields.ts";
import { plainAddress } from "./trusted-peers.ts";

/** The host that a client asks for. */
export interface AskedHost {
  /** As the client gave it, with its port: what goes on as Host. Undefined for an HTTP/1.0 client. */
  readonly field: string | undefined;
  /** The port in it. */
  readonly port: string | undefined;
}

/**
 * The lines that are the same for all requests of a client to a host, its Host among them. `said`: by a trusted proxy; of what a trusted proxy said, its list of
 * addresses is continued and the rest is kept.
 *
 * `traceparent` is among those that go on as they came: who makes no span passes it through (W3C Trace
 * Context). None is made for a request without one: its parent would be a span that nobody reports,
 * and its sampled flag would decide for the app what is traced.
 */
export function clientLines(client: Client, said: Said, host: AskedHost): string {
  const address = plainAddress(client.address);
  let lines =
    (host.field === undefined ? "" : fieldLine("Host", host.field)) +
    fieldLine("X-Forwarded-For", said.for === undefined ? address : `${said.for}, ${address}`) +
    fieldLine("X-Forwarded-Proto", said.proto ?? (client.isTls ? "https" : "http")) +
    fieldLine("X-Forwarded-Port", said.port ?? portOf(client, host));
  const forwardedHost = said.host ?? host.field;
  if (forwardedHost !== undefined) lines += fieldLine("X-Forwarded-Host", forwardedHost);
  const certificate = forwardedCertificate(client, said);
  if (certificate !== undefined) lines += fieldLine("X-Forwarded-Client-Cert", certificate);
  return lines;
}

let startedAt = -1;
let start = "";

/** X-Request-Start: what a trusted proxy said, or `t=` and epoch milliseconds; made once a millisecond. */
export function startLine(said: string | undefined, nowMs: number): string {
  if (said !== undefined) return fieldLine("X-Request-Start", said);
  if (nowMs !== startedAt) {
    startedAt = nowMs;
    start = onePiece(fieldLine("X-Request-Start", `t=${nowMs}`));
  }
  return start;
}

let viaName: string | undefined;
let vias: Readonly<Record<HttpVersion, string>> = viasOf("");

/**
 * Via, by which a router knows what it has passed on before: what the message came by, and the router's name (RFC 9110
 * section 7.6.3). The lines of the last name are kept.
 */
export function viaLine(httpVersion: HttpVersion, pseudonym: string): string {
  if (viaName !== pseudonym) {
    viaName = pseudonym;
    vias = viasOf(pseudonym);
  }
  return vias[httpVersion];
}

function viasOf(pseudonym: string): Record<HttpVersion, string> {
  const line = (httpVersion: HttpVersion): string =>
    onePiece(fieldLine("Via", `${httpVersion} ${pseudonym}`));
  return { "1.0": line("1.0"), "1.1": line("1.1"), "2.0": line("2.0") };
}

/** The port that the client meant: behind a port mapping the one that we listen on is none of its business. */
function portOf(client: Client, { field, port }: AskedHost): string {
  if (field === undefined) return String(client.localPort);
  return port ?? (client.isTls ? "443" : "80");
}
