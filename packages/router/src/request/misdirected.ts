// Clients ask for several hosts on one connection when its certificate is for all of them (RFC 9113 section 9.1.1). Where
// the host has another certificate, and so perhaps another owner, the client is told to make a connection of its own.

import type { CertificateIndex } from "../table/certificate-index.ts";
import type { Client } from "./exchange.ts";

/**
 * Whether a request for a host came on a connection that was made for another one's certificate (RFC 9110 section
 * 7.4). A client that named no host in its handshake has promised nothing. `now`: epoch milliseconds.
 */
export function isMisdirected(
  certificates: CertificateIndex,
  { servername }: Client,
  { host, now }: { readonly host: string; readonly now: number },
): boolean {
  if (servername === undefined || servername === host) return false;
  return certificates.find(servername, now)[0] !== certificates.find(host, now)[0];
}
