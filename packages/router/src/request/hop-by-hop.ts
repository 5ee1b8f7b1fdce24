// Fields that are for one connection only, RFC 9110 section 7.6.1.

import { flatFields, linesOf } from "./field-lines.ts";
import { createFieldLookup } from "./field-lookup.ts";

/**
 * What Connection may not name away: the framing, and what a router or an app decides by. Otherwise
 * `Connection: X-Forwarded-For` would let a client strip what a proxy before us has said of it.
 */
const PROTECTED = new Set([
  "authorization",
  "client-cert",
  "client-cert-chain",
  "content-length",
  "cookie",
  "date",
  "forwarded",
  "host",
  "set-cookie",
  "traceparent",
  "tracestate",
  "transfer-encoding",
  "via",
  "x-real-ip",
  "x-request-id",
  "x-request-start",
]);
const isProtected = (name: string): boolean => PROTECTED.has(name) || name.startsWith("x-forwarded-");

/** Connection options that name no field of ours to drop: they are dropped anyway. */
const OPTIONS = new Set(["close", "keep-alive", "upgrade", "te", "http2-settings", ""]);

const NO_NAMES: readonly string[] = [];

/** The fields that a Connection field says are for this connection only; in lower case. */
export function namedByConnection(connection: string | undefined): readonly string[] {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return NO_NAMES;
  const names = connection
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => !OPTIONS.has(name) && !isProtected(name));
  return names.length === 0 ? NO_NAMES : names;
}

/** Gives field lines without those that are named, in lower case, in `names`. */
export function withoutLines(lines: string, names: readonly string[]): string {
  if (names.length === 0) return lines;
  return linesOf(withoutFields(flatFields(lines), names));
}

/** Gives flat fields without those that are named, in lower case, in `names`. */
function withoutFields(fields: string[], names: readonly string[]): string[] {
  if (names.length === 0) return fields;
  const kept: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    if (!names.includes(name.toLowerCase())) kept.push(name, fields[index + 1] ?? "");
  }
  return kept;
}

const lookup = createFieldLookup({
  connection: "connection",
  // Neither has a body of its own.
  "content-length": "drop",
  "keep-alive": "drop",
  "proxy-connection": "drop",
  te: "drop",
  "transfer-encoding": "drop",
  upgrade: "drop",
});

/**
 * Gives flat fields without those that are for one connection only: for heads that are passed on with
 * nothing added (100 Continue, 103 Early Hints) and for trailers.
 */
export function endToEndFields(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  let connection: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    const kind = lookup(name);
    if (kind === undefined) kept.push(name, value);
    else if (kind === "connection") connection = connection === undefined ? value : `${connection},${value}`;
  }
  return withoutFields(kept, namedByConnection(connection));
}
