// The cookie by which a client keeps to its instance, RFC 6265.

/** Its name. Its value is opaque; the app sees it too, as it sees all of its client's cookies. */
export const AFFINITY_COOKIE = "__WL_ID";

/** How long and where a client sends a cookie: attributes of Set-Cookie, each as the app wrote it. */
export interface CookieScope {
  readonly path?: string;
  readonly expires?: string;
  readonly maxAge?: string;
  readonly sameSite?: string;
  readonly isSecure: boolean;
}

/**
 * The values that a Cookie field has for a name, in order. More than one: routes on several paths of a host
 * have each set theirs, and the longest path comes first.
 */
export function cookieValues(cookie: string | undefined, name: string): string[] {
  const values: string[] = [];
  if (cookie === undefined) return values;
  for (const pair of cookie.split(";")) {
    const equals = pair.indexOf("=");
    if (equals !== -1 && pair.slice(0, equals).trim() === name) values.push(pair.slice(equals + 1).trim());
  }
  return values;
}

/** Whether a Cookie field has one of the names. */
export function hasCookie(cookie: string | undefined, names: readonly string[]): boolean {
  return names.some((name) => cookieValues(cookie, name).length > 0);
}

/** The scope of the first cookie of one of these names that an answer sets; undefined when it sets none. */
export function scopeOfCookie(
  rawHeaders: readonly string[],
  names: readonly string[],
): CookieScope | undefined {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== "set-cookie") continue;
    const [pair = "", ...attributes] = (rawHeaders[index + 1] ?? "").split(";");
    if (names.includes(pair.slice(0, Math.max(0, pair.indexOf("="))).trim())) return readScope(attributes);
  }
  return undefined;
}

/** The value of Set-Cookie for the affinity cookie. Always HttpOnly: no script has a use for it. */
export function writeAffinityCookie(token: string, scope: CookieScope): string {
  const parts = [`${AFFINITY_COOKIE}=${token}`];
  if (scope.path !== undefined) parts.push(`Path=${scope.path}`);
  if (scope.maxAge !== undefined) parts.push(`Max-Age=${scope.maxAge}`);
  if (scope.expires !== undefined) parts.push(`Expires=${scope.expires}`);
  if (scope.sameSite !== undefined) parts.push(`SameSite=${scope.sameSite}`);
  if (scope.isSecure) parts.push("Secure");
  parts.push("HttpOnly");
  return parts.join("; ");
}

function readScope(attributes: readonly string[]): CookieScope {
  const read = new Map<string, string>();
  for (const attribute of attributes) {
    const [name = "", ...value] = attribute.split("=");
    read.set(name.trim().toLowerCase(), value.join("=").trim());
  }
  const path = read.get("path");
  const expires = read.get("expires");
  const maxAge = read.get("max-age");
  const sameSite = read.get("samesite");
  return {
    ...(path !== undefined && { path }),
    ...(expires !== undefined && { expires }),
    ...(maxAge !== undefined && { maxAge }),
    ...(sameSite !== undefined && { sameSite }),
    isSecure: read.has("secure"),
  };
}
