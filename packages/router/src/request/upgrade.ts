import type { RequestHead } from "./exchange.ts";

/**
 * Protocols that are never spoken through: an app that switches to HTTP/2 in the clear would take further
 * requests, for whatever host and path, past the router (RFC 9113 section 3.1 has made `h2c` obsolete).
 */
const REFUSED = /(?:^|[,\s])(?:h2c?(?![\w-])|http\/|tls\/)/i;

/**
 * The value of Upgrade to send to the instance; undefined: treat it as an ordinary request, which
 * RFC 9110 section 7.8 allows. A request with a body is one: where its body ends and the tunnel
 * begins is read differently by different servers.
 */
export function grantUpgrade(head: RequestHead, upgrade: string | undefined): string | undefined {
  if (!head.isUpgrade || head.hasBody || head.httpVersion === "1.0") return undefined;
  return upgrade === undefined || REFUSED.test(upgrade) ? undefined : upgrade;
}
