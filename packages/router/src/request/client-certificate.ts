// Who a client is, by its certificate: what the app is told of it, and whether there is one at all.

import type { Client } from "./exchange.ts";
import type { Said } from "./request-fields.ts";

/** A client's certificate, verified by this router. */
export interface ClientCertificate {
  /** The name of whom it is for (RFC 4514), in ASCII. */
  readonly subject: string;
  /** The value of X-Forwarded-Client-Cert. */
  readonly forwarded: string;
}

/**
 * The value of X-Forwarded-Client-Cert for a request; undefined: its client showed no certificate. What a trusted proxy
 * says of its client counts; its own certificate is not that of a client for whom it speaks.
 */
export function forwardedCertificate({ certificate }: Client, said: Said): string | undefined {
  if (said.clientCertificate !== undefined && said.clientCertificate !== "") return said.clientCertificate;
  return said.for === undefined ? certificate?.forwarded : undefined;
}

/** The subject in a value of X-Forwarded-Client-Cert, of its last element: the one that is nearest to us. */
export function subjectIn(forwarded: string): string | undefined {
  return [...forwarded.matchAll(SUBJECT)].at(-1)?.[1];
}

const SUBJECT = /(?:^|[;,])Subject="((?:[^"\\]|\\.)*)"/g;
