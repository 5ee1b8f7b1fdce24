// Health, rolled up: instance -> app -> route -> the whole. The one place where it is decided; the API, the dashboard,
// `wayleave status` and the metrics all ask here.

import type { Health, HealthLevel, HealthReason } from "./health.ts";
import type { Condition, InstanceCounts } from "./table-views.ts";

const MOST_NAMES = 5;
const SEVERITY: Readonly<Record<HealthLevel, number>> = { ok: 0, degraded: 1, down: 2 };

const ROUTES_DOWN = { code: "routes-down", noun: "route", is: "down" };
const ROUTES_DEGRADED = { code: "routes-degraded", noun: "route", is: "degraded" };
const REMOVALS_HELD = { code: "removals-held", noun: "removal", is: "held back" };
const MASS_EXPIRY = { code: "mass-expiry", noun: "suspect instance", is: "kept as last choice" };
const REJECTED = { code: "rejected-records", noun: "record", is: "rejected" };
const EXPIRED = { code: "certificates-expired", noun: "certificate", is: "expired" };
const EXPIRING = { code: "certificates-expire", noun: "certificate", is: "to expire within 14 days" };
const DISTRUSTED = {
  code: "instances-distrusted",
  noun: "instance",
  is: "left out because the TLS handshake fails",
};
const CONFLICTS = { code: "address-conflicts", noun: "address", is: "claimed more than once" };

/** What is known of an instance. Epoch milliseconds. */
export interface ConditionFacts {
  readonly state: "ready" | "draining";
  readonly isSuspect: boolean;
  readonly ejectedUntil: number;
  readonly failures: number;
}

/** The condition of an instance at `now`, in epoch milliseconds: the worst that is true of it. */
export function conditionOf(facts: ConditionFacts, now: number): Condition {
  if (facts.isSuspect) return "suspect";
  if (facts.state === "draining") return "draining";
  if (facts.ejectedUntil > now) return "ejected";
  return facts.failures > 0 ? "failing" : "ready";
}

/** Counts instances by their condition. */
export function countInstances(conditions: Iterable<Condition>): InstanceCounts {
  const counts = { total: 0, ready: 0, failing: 0, draining: 0, ejected: 0, suspect: 0 };
  for (const condition of conditions) {
    counts.total += 1;
    counts[condition] += 1;
  }
  return counts;
}

/**
 * The health of an app, or of its instances of one version. In a mass expiry it was rather etcd than the apps, and
 * suspects serve; else an app whose every record vanished is gone.
 */
export function appHealth(app: string, counts: InstanceCounts, options: { isMassExpiry: boolean }): Health {
  const { total, ejected, suspect, draining } = counts;
  const about = (level: HealthReason["level"], code: string, text: string, count = 1): Health =>
    healthOf([{ level, code, text, count, names: [app] }]);
  if (total === 0) return about("down", "no-instances", `${app} has no instance`);
  if (counts.ready + counts.failing > 0) {
    if (ejected > 0)
      return about("degraded", "ejected", `${ejected} of ${total} instances of ${app} fail`, ejected);
    if (suspect === 0) return healthOf([]);
    return about(
      "degraded",
      "suspect",
      `${suspect} of ${total} instances of ${app} lost their record`,
      suspect,
    );
  }
  if (ejected > 0) return about("down", "all-ejected", `every instance of ${app} fails`, ejected);
  if (suspect === 0) return about("down", "all-draining", `every instance of ${app} is draining`, draining);
  const level = options.isMassExpiry ? "degraded" : "down";
  return about(level, "all-suspect", `every instance of ${app} lost its record`, suspect);
}

/** Where a route leads, and how that is. */
export interface DestinationHealth {
  readonly weight: number;
  readonly health: Health;
}

/** The health of a route: down when every destination that gets requests is. */
export function routeHealth(destinations: readonly DestinationHealth[]): Health {
  const used = destinations.filter(({ weight }) => weight > 0);
  const reasons = used.flatMap(({ health }) => health.reasons);
  if (used.length === 0) {
    const text = "no destination has a weight above 0";
    return healthOf([{ level: "down", code: "weight-0", text, count: 1, names: [] }]);
  }
  if (used.every(({ health }) => health.level === "down")) return healthOf(reasons);
  // The others serve their share.
  return healthOf(reasons.map((reason) => ({ ...reason, level: "degraded" })));
}

/** So many things of one kind, and the names of some. */
export interface Named {
  readonly count: number;
  readonly names: readonly string[];
}

/** What the whole is judged by. */
export interface WholeFacts {
  readonly routes: number;
  readonly routesDown: Named;
  readonly routesDegraded: Named;
  readonly rejected: Named;
  readonly addressConflicts: Named;
  readonly certificatesExpired: Named;
  readonly certificatesExpiring: Named;
  /** Instances that are left out for their handshakes. */
  readonly distrusted: Named;
  readonly suspects: number;
  readonly heldRemovals: number;
  /** Why this router takes no requests; undefined: it does. */
  readonly notServing?: string | undefined;
  /** How the link to etcd is, in words, when it is not live. */
  readonly stale?: string | undefined;
  /** Why other routers do not see this one, and why its table is not on disk. */
  readonly replicaFailure?: string | null | undefined;
  readonly stateFailure?: string | null | undefined;
}

/** The health of the whole. */
export function wholeHealth(facts: WholeFacts): Health {
  const { routes, routesDown, routesDegraded, rejected, addressConflicts, suspects, heldRemovals } = facts;
  const isAllDown = routes > 0 && routesDown.count >= routes;
  return healthOf([
    ...failing("down", "not-serving", facts.notServing),
    ...several(isAllDown ? "down" : "degraded", ROUTES_DOWN, routesDown),
    ...failing("degraded", "etcd-lost", facts.stale),
    ...several("degraded", ROUTES_DEGRADED, routesDegraded),
    ...several("degraded", REMOVALS_HELD, unnamed(heldRemovals)),
    ...several("degraded", MASS_EXPIRY, unnamed(suspects)),
    ...several("degraded", REJECTED, rejected),
    ...several("degraded", EXPIRED, facts.certificatesExpired),
    ...several("degraded", DISTRUSTED, facts.distrusted),
    ...several("degraded", CONFLICTS, addressConflicts),
    ...several("degraded", EXPIRING, facts.certificatesExpiring),
    ...failing("degraded", "replica-not-published", facts.replicaFailure ?? undefined),
    ...failing("degraded", "state-not-saved", facts.stateFailure ?? undefined),
  ]);
}

/** Health by its reasons: the worst of them decides, and stands first. */
export function healthOf(reasons: readonly HealthReason[]): Health {
  const sorted = reasons.toSorted((a, b) => SEVERITY[b.level] - SEVERITY[a.level]);
  return { level: sorted[0]?.level ?? "ok", reasons: sorted };
}

function several(
  level: HealthReason["level"],
  { code, noun, is }: { readonly code: string; readonly noun: string; readonly is: string },
  { count, names }: Named,
): HealthReason[] {
  if (count === 0) return [];
  const subject = count === 1 ? `1 ${noun}` : `${count} ${noun}${noun.endsWith("s") ? "es" : "s"}`;
  return [{ level, code, text: `${subject} ${is}`, count, names: names.slice(0, MOST_NAMES) }];
}

function unnamed(count: number): Named {
  return { count, names: [] };
}

function failing(level: HealthReason["level"], code: string, text: string | undefined): HealthReason[] {
  return text === undefined ? [] : [{ level, code, text, count: 1, names: [] }];
}
