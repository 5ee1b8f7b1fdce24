// Who may ask the admin listener. A browser on the operator's machine can be made to send requests to loopback by any
// page it shows: such requests have a foreign Host (DNS rebinding), a foreign Origin, or say that they are cross-site.

import { isIPv4 } from "node:net";

import { parseAddress } from "@wayleave/records";

import type { AdminTokens } from "./admin-tokens.ts";
import { isDashboardPath } from "./dashboard-files.ts";

/** What a request says of who sent it. */
export interface Caller {
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, as browsers say it. */
  readonly site: string | undefined;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
}

/** What the listener asks of callers. */
export interface Admittance {
  /** The address that it is bound to. */
  readonly host: string;
  readonly tokens: AdminTokens;
}

/** Let in as somebody, or why not. */
export type Admission =
  | { readonly actor: string }
  | { readonly status: 400 | 401 | 403 | 421; readonly code: string; readonly detail: string };

/** Who asks where no token is needed. */
const LOOPBACK_ACTOR = "loopback";
/** Health checks are for probes, which know no token. They tell nothing but how the router is. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/livez", "/readyz"]);
/** A path has one spelling here: nothing is decoded or resolved that something in front may have read otherwise. */
const CANONICAL_PATH = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?$/;
/** The page's own addresses have names of routes in them, escaped; none of it is ever taken for a file. */
const PAGE_PATH_TRICKS = /\/\/|\\|%00|\/\.\.?(?:\/|$)|[^\x21-\x7e]/;

/** Lets a request in, or says why not. `now` is epoch milliseconds. */
export function admit(caller: Caller, { host, tokens }: Admittance, now: number): Admission {
  const { path } = caller;
  if (isDashboardPath(path) ? PAGE_PATH_TRICKS.test(path) : !CANONICAL_PATH.test(path)) {
    return refused(400, "bad-path", "the path is not in its one plain spelling");
  }
  if (OPEN_PATHS.has(path)) return { actor: "anybody" };
  const isLocal = isLoopback(host);
  if (isLocal && !isLocalName(nameOf(caller.host), host)) {
    return refused(421, "wrong-host", `the Host ${JSON.stringify(caller.host ?? "")} is not this listener's`);
  }
  if (caller.origin !== undefined && !isSameOrigin(caller.origin, caller.host)) {
    return refused(403, "foreign-origin", `pages of ${caller.origin} may not ask this listener`);
  }
  // A link from elsewhere may lead to the page, which holds no secret.
  if (isDashboardPath(path)) return { actor: "anybody" };
  if (caller.site !== undefined && caller.site !== "same-origin" && caller.site !== "none") {
    return refused(403, "foreign-origin", `${caller.site} requests may not ask this listener`);
  }
  return identify(caller, { isLocal, tokens, now });
}

/** Whether an address or name is this machine's own, and nobody else's. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const parsed = parseAddress(host.replace(/^\[(.*)\]$/, "$1"));
  return parsed.ok && (parsed.value === "::1" || (isIPv4(parsed.value) && parsed.value.startsWith("127.")));
}

function identify(
  caller: Caller,
  { isLocal, tokens, now }: { readonly isLocal: boolean; readonly tokens: AdminTokens; readonly now: number },
): Admission {
  if (tokens.isEmpty) {
    if (isLocal) return { actor: LOOPBACK_ACTOR };
    const detail = "off loopback the admin listener needs a token; this router was given none";
    return refused(403, "no-token-set", detail);
  }
  const token = /^bearer +(\S+) *$/i.exec(caller.authorization ?? "")?.[1];
  const actor = token === undefined ? tokens.sessionOf(caller.cookie, now) : tokens.nameOf(token);
  if (actor !== undefined) return { actor };
  // Whoever has no session yet asks for one here.
  if (caller.path === "/api/session") return { actor: "nobody" };
  return refused(401, "no-token", "the admin token is missing or wrong: Authorization: Bearer TOKEN");
}

function refused(status: 400 | 401 | 403 | 421, code: string, detail: string): Admission {
  return { status, code, detail };
}

function isLocalName(name: string, bound: string): boolean {
  return isLoopback(name) || name === bound.toLowerCase();
}

function nameOf(host: string | undefined): string {
  return (host ?? "").toLowerCase().replace(/:\d*$/, "");
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, "") === host;
}
