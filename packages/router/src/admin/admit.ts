// Who may ask the admin listener. A browser on the operator's machine can be made to send requests to
// loopback by any page it shows: such requests have a foreign Host (DNS rebinding) or a foreign Origin.

import { createHash, timingSafeEqual } from "node:crypto";
import { isIPv4 } from "node:net";

import { parseAddress } from "@wayleave/records";

import { isDashboardPath } from "./dashboard-files.ts";

/** What a request says of who sent it. */
export interface Caller {
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

/** What the listener asks of callers. */
export interface Admittance {
  /** The address that it is bound to. */
  readonly host: string;
  readonly token: string | undefined;
}

export interface Denial {
  readonly status: 401 | 403 | 421;
  readonly detail: string;
}

/** Health checks are for probes, which know no token. They tell nothing but how the router is. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/livez", "/readyz"]);

/** Why a request is not let in; undefined when it is. */
export function denialOf(caller: Caller, { host, token }: Admittance): Denial | undefined {
  if (OPEN_PATHS.has(caller.path)) return undefined;
  const isLocal = isLoopback(host);
  if (isLocal && !isLocalName(nameOf(caller.host), host)) {
    return { status: 421, detail: `the Host ${JSON.stringify(caller.host ?? "")} is not this listener's` };
  }
  if (caller.origin !== undefined && !isSameOrigin(caller.origin, caller.host)) {
    return { status: 403, detail: `pages of ${caller.origin} may not ask this listener` };
  }
  if (isDashboardPath(caller.path)) return undefined;
  if (token === undefined) {
    if (isLocal) return undefined;
    return {
      status: 403,
      detail: "off loopback the admin listener needs a token; this router was given none",
    };
  }
  if (isBearer(caller.authorization, token)) return undefined;
  return { status: 401, detail: "the admin token is missing or wrong: Authorization: Bearer TOKEN" };
}

/** Whether an address or name is this machine's own, and nobody else's. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const parsed = parseAddress(host.replace(/^\[(.*)\]$/, "$1"));
  return parsed.ok && (parsed.value === "::1" || (isIPv4(parsed.value) && parsed.value.startsWith("127.")));
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

function isBearer(authorization: string | undefined, token: string): boolean {
  const given = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
