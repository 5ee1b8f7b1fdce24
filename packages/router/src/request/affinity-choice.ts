// Request path 3 of 7: read -> match -> PICK -> connect -> forward -> relay -> log.
// Whether a client keeps to an instance, and by which cookie.

import type { Policy } from "../table/policy.ts";
import type { RouteEntry } from "../table/route-entry.ts";
import type { Table } from "../table/table.ts";
import {
  AFFINITY_COOKIE,
  type CookieScope,
  cookieValues,
  hasCookie,
  scopeOfCookie,
} from "./affinity-cookie.ts";

/**
 * The opaque id of the instance that a client should keep to; undefined when it may go to any. A
 * cookie of `app-cookie` mode counts only together with a session cookie of the app.
 *
 * Of several cookies (routes on several paths have each set theirs) the first counts that means an
 * instance of this route.
 */
export function chosenOpaqueId(
  table: Table,
  route: RouteEntry,
  policy: Policy,
  cookie: string | undefined,
): string | undefined {
  const { affinity } = policy;
  if (affinity.mode === "none" || cookie === undefined) return undefined;
  if (affinity.mode === "app-cookie" && !hasCookie(cookie, affinity.cookies)) return undefined;
  const values = cookieValues(cookie, AFFINITY_COOKIE);
  if (values.length < 2) return values[0];
  const isOurs = (value: string): boolean =>
    route.record.to.some(({ app }) => table.app(app)?.findOpaque(value) !== undefined);
  return values.find(isOurs) ?? values[0];
}

/** What decides whether an answer sets the affinity cookie. */
export interface StickyAnswer {
  readonly affinity: Policy["affinity"];
  readonly route: { readonly path: string };
  readonly rawHeaders: readonly string[];
  /** The opaque id that the client came with, and that of the instance that served it. */
  readonly cameWith: string | undefined;
  readonly servedBy: string;
  readonly isSecure: boolean;
}

/**
 * The scope of the affinity cookie that an answer must set; undefined when it must set none. It is set
 * when the app sets its session cookie, with that cookie's scope, and anew when the client was
 * served by another instance than the one it came for.
 */
export function scopeToSet(answer: StickyAnswer): CookieScope | undefined {
  const { affinity, cameWith, servedBy } = answer;
  if (affinity.mode === "none") return undefined;
  if (affinity.mode === "app-cookie") {
    const scope = scopeOfCookie(answer.rawHeaders, affinity.cookies);
    if (scope !== undefined || cameWith === undefined) return scope;
  }
  if (cameWith === servedBy) return undefined;
  return { path: answer.route.path, isSecure: answer.isSecure };
}
