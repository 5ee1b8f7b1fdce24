// Why a request goes where it goes: asks the functions that serve, and writes down what they saw.

import type { Balance, Destination } from "@wayleave/records";

import type { AppEntry } from "./app-entry.ts";
import { type Ask, type LeftOut, whyLeftOut } from "./ask.ts";
import type { HostIndex } from "./host-index.ts";
import { type InstanceEntry, weightOf } from "./instance-entry.ts";
import type { InstanceRecord } from "./instance-record.ts";
import { type Apps, pick, type PickOptions } from "./pick.ts";
import { FAR, LAST_CHOICE, type Rank, rankOf } from "./rank.ts";
import type { RouteEntry } from "./route-entry.ts";

/** The most paths of a host that are listed though they are no prefix of the request's path. */
const MAX_OTHER_PATHS = 20;

/** Why a request goes where it goes, at one revision. JSON-able: `null` where there is nothing. */
export interface Explanation {
  readonly revision: number;
  readonly host: string;
  readonly path: string;
  /** The hosts of routes that match; the first decides, whatever the path. */
  readonly hosts: readonly { readonly host: string; readonly outcome: "decides" | "less-specific" }[];
  /** The paths of the deciding host: all that are a prefix, the longest first, then some that are not. */
  readonly paths: readonly ExplainedPath[];
  /** How many more paths the deciding host has. */
  readonly otherPaths: number;
  readonly route: { readonly host: string; readonly path: string } | null;
  readonly balance: Balance | null;
  /** Whether the cookie's instance was kept to; null when there was no cookie. */
  readonly affinity: "kept" | "replaced" | null;
  readonly destinations: readonly ExplainedDestination[];
  readonly picked: { readonly app: string; readonly id: string; readonly authority: string } | null;
  readonly failure: "unknown-route" | "no-instances" | "instances-saturated" | null;
}

export interface ExplainedPath {
  readonly path: string;
  readonly outcome: "chosen" | "shorter" | "no-prefix";
}

export interface ExplainedDestination {
  readonly app: string;
  readonly version: string | null;
  readonly weight: number;
  /** Its part of the sum of weights, 0 to 1. */
  readonly share: number;
  readonly outcome: "picked" | "passed-over";
  /** More than half of its instances would be out, so that ejection does not count. */
  readonly usesEjected: boolean;
  readonly instances: readonly ExplainedInstance[];
}

export interface ExplainedInstance {
  readonly id: string;
  readonly authority: string;
  readonly version: string | null;
  readonly zone: string | null;
  readonly weight: number;
  readonly active: number;
  readonly outcome: InstanceOutcome;
  /** For how much longer it is left out; null unless it is `ejected`. */
  readonly ejectedForMs: number | null;
  readonly protocol: InstanceRecord["protocol"];
  /** Why the last TLS handshake with it failed; null: none did since it answered. */
  readonly tlsFailure: string | null;
}

/**
 * `picked`; `may-serve`: it was not its turn; the others say why it was left out. `other-zone` and
 * `suspect`: it may serve, but better ones may too. `unshared`: its destination has a weight of 0.
 */
export type InstanceOutcome =
  | LeftOut
  | "picked"
  | "may-serve"
  | "draining"
  | "weight-0"
  | "other-version"
  | "other-zone"
  | "suspect"
  | "unshared";

/** What is explained from. */
export interface Explained {
  readonly revision: number;
  readonly zone: string | undefined;
  readonly hosts: HostIndex;
  readonly apps: Apps;
}

/** Explains one request. `ask` must be a rehearsal. */
export function explain(
  from: Explained,
  request: { readonly host: string; readonly path: string; readonly options: PickOptions; readonly ask: Ask },
): Explanation {
  const { host, path, options, ask } = request;
  const route = from.hosts.find(host)?.longest(path);
  const picked = route === undefined ? "unknown-route" : pick(from.apps, route, options, ask);
  const entry = typeof picked === "string" ? undefined : picked;
  return {
    revision: from.revision,
    host,
    path,
    ...explainPlace(from.hosts, { host, path, route }),
    route: route === undefined ? null : { host: route.host, path: route.path },
    balance: route === undefined ? null : options.policy.balance,
    affinity: explainAffinity(from.apps, options.opaqueId, entry),
    destinations:
      route?.record.to.map((to) => explainDestination(from, { to, all: route.record.to, entry, ask })) ?? [],
    picked: entry === undefined ? null : { app: entry.app, id: entry.id, authority: entry.authority },
    failure: typeof picked === "string" ? picked : null,
  };
}

function explainPlace(
  hosts: HostIndex,
  request: { host: string; path: string; route: RouteEntry | undefined },
): Pick<Explanation, "hosts" | "paths" | "otherPaths"> {
  const candidates = hosts.candidates(request.host);
  const known = [...(hosts.find(request.host)?.routes() ?? [])].map((route) => route.path);
  const prefixes = known
    .filter((path) => isPrefix(path, request.path))
    .toSorted((a, b) => b.length - a.length);
  const others = known.filter((path) => !isPrefix(path, request.path)).toSorted();
  return {
    hosts: candidates.map((host, at) => ({ host, outcome: at === 0 ? "decides" : "less-specific" })),
    paths: [
      ...prefixes.map((path) => ({
        path,
        outcome: path === request.route?.path ? ("chosen" as const) : ("shorter" as const),
      })),
      ...others.slice(0, MAX_OTHER_PATHS).map((path) => ({ path, outcome: "no-prefix" as const })),
    ],
    otherPaths: Math.max(0, others.length - MAX_OTHER_PATHS),
  };
}

function isPrefix(prefix: string, path: string): boolean {
  return prefix === "/" || path === prefix || path.startsWith(`${prefix}/`);
}

function explainAffinity(
  apps: Apps,
  opaqueId: string | undefined,
  picked: InstanceEntry | undefined,
): Explanation["affinity"] {
  if (opaqueId === undefined || picked === undefined) return null;
  return apps.get(picked.app)?.findOpaque(opaqueId) === picked ? "kept" : "replaced";
}

function explainDestination(
  from: Explained,
  about: { to: Destination; all: readonly Destination[]; entry: InstanceEntry | undefined; ask: Ask },
): ExplainedDestination {
  const { to, ask } = about;
  const entry = ask.destination === to ? about.entry : undefined;
  const app = from.apps.get(to.app);
  const selection = app?.selection(to.version);
  ask.usesEjected = app !== undefined && selection !== undefined && app.mustUseEjected(selection, ask.now);
  const sum = about.all.reduce((total, one) => total + (one.weight ?? 1), 0);
  return {
    app: to.app,
    version: to.version ?? null,
    weight: to.weight ?? 1,
    share: sum === 0 ? 0 : (to.weight ?? 1) / sum,
    outcome: entry === undefined ? "passed-over" : "picked",
    usesEjected: ask.usesEjected,
    instances: explainInstances(app, { to, zone: from.zone, entry, ask }),
  };
}

function explainInstances(
  app: AppEntry | undefined,
  about: { to: Destination; zone: string | undefined; entry: InstanceEntry | undefined; ask: Ask },
): ExplainedInstance[] {
  const seen = [...(app?.instances.values() ?? [])].map((entry) => ({ entry, ...judge(entry, about) }));
  const best = seen.reduce(
    (low, { why, rank }) => Math.min(low, why === undefined && rank !== undefined ? rank : low),
    Infinity,
  );
  return seen.map(({ entry, why, rank }) => ({
    id: entry.id,
    authority: entry.authority,
    version: entry.record.version ?? null,
    zone: entry.record.zone ?? null,
    weight: weightOf(entry),
    active: entry.active,
    outcome: entry === about.entry ? "picked" : (why ?? (rank === best ? "may-serve" : outranked(rank))),
    ejectedForMs: why === "ejected" ? entry.ejectedUntil - about.ask.now : null,
    protocol: entry.record.protocol,
    tlsFailure: entry.tlsFailure ?? null,
  }));
}

/** Why an instance gets nothing from a destination; without a reason, its rank counts. */
function judge(
  entry: InstanceEntry,
  about: { to: Destination; zone: string | undefined; ask: Ask },
): { why: InstanceOutcome | undefined; rank: Rank | undefined } {
  const { to, zone, ask } = about;
  const rank = rankOf(entry.record, zone);
  if (to.version !== undefined && entry.record.version !== to.version) return { why: "other-version", rank };
  if (rank === undefined) return { why: entry.record.state === "draining" ? "draining" : "weight-0", rank };
  return { why: whyLeftOut(entry, ask) ?? (to.weight === 0 ? "unshared" : undefined), rank };
}

function outranked(rank: Rank | undefined): InstanceOutcome {
  if (rank === LAST_CHOICE) return "suspect";
  return rank === FAR ? "other-zone" : "may-serve";
}
