// Hosts: lower case, A-labels (RFC 5890 section 2.3.2.1), no port.

import { parseAddress } from "./address.ts";
import { type Parsed, invalid, valid } from "./parsed.ts";

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const MAX_HOST_LENGTH = 253;

/**
 * Brings a host as a person types it into the form that keys have: lower case, A-labels, no port,
 * no final dot. Accepts `example.com`, `*.example.com` (one or more labels to the left), `*` (every
 * host) and IP literals (`10.0.0.1`, `[2001:db8::1]`).
 */
export function parseHost(text: string): Parsed<string> {
  if (text === "*") return valid(text);
  const isWildcard = text.startsWith("*.");
  const name = isWildcard ? text.slice(2) : text;
  if (name === "") return invalid("host is empty");
  if (/[\s/?#@\\]/.test(name)) return invalid(`host ${quote(text)} has a character no host name has`);
  const address = parseAddress(name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name);
  if (address.ok) {
    if (isWildcard) return invalid(`host ${quote(text)}: a wildcard takes a name, not an address`);
    return valid(address.value.includes(":") ? `[${address.value}]` : address.value);
  }
  if (/:\d*$/.test(name)) return invalid(`host ${quote(text)} has a port; a route is for all ports`);
  const ascii = toAscii(name);
  if (ascii === undefined) return invalid(`host ${quote(text)} is not a host name`);
  const bad = ascii.split(".").find((label) => !LABEL.test(label));
  if (bad !== undefined)
    return invalid(`host ${quote(text)} has the label ${quote(bad)}, which no host name has`);
  if (ascii.length > MAX_HOST_LENGTH) return invalid(`host is longer than ${MAX_HOST_LENGTH} characters`);
  return valid(isWildcard ? `*.${ascii}` : ascii);
}

/** Whether a host, as {@link parseHost} gives it, is a name, maybe a wildcard's: no address, and not every host. */
export function isNamed(host: string): boolean {
  return host !== "*" && !/^[\d[]/.test(host.replace(/^.*\./, ""));
}

function toAscii(name: string): string | undefined {
  // Names that are ASCII already are not handed to URL: it would read `1.2` or `0x7f` as addresses.
  const withoutRoot = name.endsWith(".") ? name.slice(0, -1) : name;
  if (/^[\x21-\x7e]*$/.test(withoutRoot)) return withoutRoot.toLowerCase();
  try {
    return new URL(`http://${withoutRoot}`).hostname;
  } catch {
    return undefined;
  }
}

function quote(text: string): string {
  return JSON.stringify(text);
}
