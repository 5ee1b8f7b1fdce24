// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.
// The four forms of a request target, RFC 9112 section 3.2.

import { invalid, type Parsed, valid } from "@wayleave/records/lean";

/** A request target, taken apart. */
export interface RequestTarget {
  /** What an absolute-form names, which beats Host (RFC 9112 section 3.2.2): `host` or `host:port`. */
  readonly authority: string | undefined;
  /** What to send to the instance: origin-form, or `*`. */
  readonly target: string;
  /** The path without the query, as the client spelled it; `/` for `*`. */
  readonly path: string;
}

const ABSOLUTE = /^https?:\/\/([^/?]*)(.*)$/i;

/** Parses the target of a request. Authority-form and CONNECT are refused: this is no forward proxy. */
export function parseRequestTarget(method: string, target: string): Parsed<RequestTarget> {
  if (method === "CONNECT") return invalid("CONNECT is not served here");
  if (!isPlain(target)) return invalid("the request target has a character that no target has");
  if (target.charCodeAt(0) === 0x2f /* / */) return fromOrigin(undefined, target);
  if (target === "*") {
    if (method !== "OPTIONS") return invalid("the request target * is for OPTIONS only");
    return valid({ authority: undefined, target, path: "/" });
  }
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) return invalid("the request target is neither a path nor an http URL");
  return fromAbsolute(method, absolute[1] ?? "", absolute[2] ?? "");
}

/**
 * Printable ASCII without `#`: a target has no fragment, and what lies behind one is read differently by different
 * servers. What RFC 3986 forbids beyond that (`|`, `{`, ...) browsers do send.
 */
function isPlain(target: string): boolean {
  for (let at = 0; at < target.length; at++) {
    const code = target.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || code === 0x23 /* # */) return false;
  }
  return target !== "";
}

function fromAbsolute(method: string, authority: string, rest: string): Parsed<RequestTarget> {
  if (authority === "") return invalid("the request target names no host");
  // The last proxy of a chain turns an OPTIONS without a path into `*` (RFC 9112 section 3.2.4).
  if (rest === "" && method === "OPTIONS") return valid({ authority, target: "*", path: "/" });
  return fromOrigin(authority, rest.startsWith("/") ? rest : `/${rest}`);
}

function fromOrigin(authority: string | undefined, target: string): Parsed<RequestTarget> {
  const query = target.indexOf("?");
  return valid({ authority, target, path: query === -1 ? target : target.slice(0, query) });
}
