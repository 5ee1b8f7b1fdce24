// IP literals, without node:net: a browser may import this package.

import { type Parsed, invalid, valid } from "./parsed.ts";

const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Parses an IPv4 or IPv6 literal into its one canonical spelling (RFC 5952), so that equal addresses
 * are equal strings. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) becomes the IPv4 address that it
 * reaches. Names, zones (`fe80::1%eth0`), ports and brackets are refused.
 */
export function parseAddress(text: string): Parsed<string> {
  if (V4.test(text)) return valid(text);
  if (!text.includes(":") || !/^[0-9a-fA-F:.]+$/.test(text)) return invalid(notAnAddress(text));
  try {
    const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
    return valid(mappedV4(canonical) ?? canonical);
  } catch {
    return invalid(notAnAddress(text));
  }
}

/** An address and a port as one string: `10.0.0.3:80`, `[2001:db8::1]:80`. */
export function formatAddress(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The inverse of {@link formatAddress}; the port must be 1 to 65535. */
export function parseAddressAndPort(text: string): Parsed<{ address: string; port: number }> {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (match === null) return invalid(`${JSON.stringify(text)} is not ADDRESS:PORT`);
  const address = parseAddress(match[1] ?? match[2] ?? "");
  if (!address.ok) return address;
  const port = Number(match[3]);
  if (port < 1 || port > 65535) return invalid(`port ${match[3]} is not between 1 and 65535`);
  return valid({ address: address.value, port });
}

function mappedV4(canonical: string): string | undefined {
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (match === null) return undefined;
  const high = Number.parseInt(match[1] ?? "", 16);
  const low = Number.parseInt(match[2] ?? "", 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function notAnAddress(text: string): string {
  return `${JSON.stringify(text)} is not an IP address; a name is never looked up`;
}
