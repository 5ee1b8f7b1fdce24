// Paths as they are matched: dot segments resolved (RFC 3986 section 5.2.4), unreserved characters
// decoded (section 6.2.2.2), escapes in upper case (section 6.2.2.1). What is forwarded is the
// client's own target, untouched.

import { type Parsed, invalid, valid } from "./parsed.ts";

const UNRESERVED = /[A-Za-z0-9\-._~]/;
const PATH_CHARACTERS = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/;

/**
 * The form of a request's path that routes are matched against. Takes the path without its query;
 * gives it with dot segments resolved and unreserved characters decoded. `%2F` stays `%2F`: an
 * escaped slash separates no segments. Never fails; a `%` that begins no escape is read as `%25`.
 */
export function normalizePath(path: string): string {
  return removeDotSegments(path.includes("%") ? decodeUnreserved(path) : path);
}

/**
 * Parses the path prefix of a route into its one canonical spelling: it starts with `/`, is
 * normalized, and ends without a slash unless it is `/`.
 */
export function parsePathPrefix(text: string): Parsed<string> {
  if (text === "" || text === "/") return valid("/");
  if (!text.startsWith("/")) return invalid(`path ${JSON.stringify(text)} does not start with /`);
  if (!PATH_CHARACTERS.test(text) || /%(?![0-9A-Fa-f]{2})/.test(text)) {
    return invalid(`path ${JSON.stringify(text)} has a character that must be percent-encoded`);
  }
  const normalized = normalizePath(text);
  return valid(normalized.length > 1 && normalized.endsWith("/") ? normalized.slice(0, -1) : normalized);
}

function decodeUnreserved(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})?/g, (escape, hex: string | undefined) => {
    // Left as it is, it could become an escape by what is decoded behind it.
    if (hex === undefined) return "%25";
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
}

function removeDotSegments(path: string): string {
  if (!path.includes("/.")) return path;
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") kept.pop();
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (isLast) kept.push("");
  }
  return `/${kept.join("/")}`;
}
