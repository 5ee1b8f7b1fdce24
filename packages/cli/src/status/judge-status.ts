// What is wrong, from all that `wayleave status` could learn: the records, etcd's members, and the routers' own words.

import {
  type Expiring,
  type Health,
  type HealthReason,
  certificateExpiry,
  healthOf,
  wholeHealth,
} from "@wayleave/records/api";
import type { MemberStatus } from "@wayleave/store";

import type { CertificateView } from "../certificates/certificate-view.ts";
import type { BadRecord } from "../reading/read-table.ts";
import type { RouteHealth } from "./route-health.ts";

/** A router, and what it says of itself; undefined where it could not be asked. */
export interface JudgedRouter {
  readonly id: string;
  readonly isBehind: boolean;
  readonly health: Health | undefined;
}

/** What is judged. */
export interface StatusFacts {
  readonly prefix: string;
  readonly members: readonly MemberStatus[];
  readonly routers: readonly JudgedRouter[];
  readonly routes: readonly RouteHealth[];
  readonly bad: readonly BadRecord[];
  readonly certificates: readonly CertificateView[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A reason, and which routers say so; none: the records do. */
export interface StatusReason extends HealthReason {
  readonly routers: readonly string[];
}

/** The whole: what is down first. */
export interface StatusHealth {
  readonly level: Health["level"];
  readonly reasons: readonly StatusReason[];
}

/** Judges. Pure. */
export function judgeStatus(facts: StatusFacts): StatusHealth {
  const { routes, bad, routers, prefix } = facts;
  const down = namesOf(routes, "down");
  const degraded = namesOf(routes, "degraded");
  const rejected = bad.map(({ key }) => key);
  const expiry = certificateExpiry(facts.certificates.map(expiring), facts.now);
  const own = wholeHealth({
    routes: routes.length,
    routesDown: { count: down.length, names: down },
    routesDegraded: { count: degraded.length, names: degraded },
    rejected: { count: rejected.length, names: rejected },
    addressConflicts: { count: 0, names: [] },
    ...expiry,
    distrusted: { count: 0, names: [] },
    suspects: 0,
    heldRemovals: 0,
    ...(routers.length === 0 && { notServing: `no router is running under ${prefix}` }),
  });
  const known = new Map([
    ["routes-down", new Set(down)],
    ["routes-degraded", new Set(degraded)],
    ["rejected-records", new Set(rejected)],
    ["certificates-expired", new Set(expiry.certificatesExpired.names)],
    ["certificates-expire", new Set(expiry.certificatesExpiring.names)],
  ]);
  const reasons = [
    ...[...own.reasons, ...etcdReasons(facts), ...behindReasons(facts)].map((reason) => ({
      ...reason,
      routers: [],
    })),
    ...saidByRouters(routers, known),
  ];
  const { level, reasons: sorted } = healthOf(reasons);
  return { level, reasons: reasons.toSorted((a, b) => sorted.indexOf(a) - sorted.indexOf(b)) };
}

function namesOf(routes: readonly RouteHealth[], level: Health["level"]): string[] {
  return routes.filter(({ health }) => health.level === level).map(({ name }) => name);
}

function etcdReasons({ members }: StatusFacts): HealthReason[] {
  const unreachable = members.filter(({ isReachable }) => !isReachable).map(({ endpoint }) => endpoint);
  const alarms = members.flatMap(({ endpoint, alarms: raised = [] }) =>
    raised.map((alarm) => `${alarm} at ${endpoint}`),
  );
  return [
    ...reasonFor("etcd-endpoint-down", "etcd does not answer at", unreachable),
    ...reasonFor("etcd-alarm", "etcd raises an alarm:", alarms),
  ];
}

function expiring({ name, notAfter }: CertificateView): Expiring {
  return { name, notAfter: Date.parse(notAfter) };
}

function behindReasons({ routers }: StatusFacts): HealthReason[] {
  const behind = routers.filter(({ isBehind }) => isBehind).map(({ id }) => id);
  return reasonFor("routers-behind", "not at the newest revision:", behind);
}

function reasonFor(code: string, text: string, names: readonly string[]): HealthReason[] {
  if (names.length === 0) return [];
  return [{ level: "degraded", code, text: `${text} ${names.join(", ")}`, count: names.length, names: [] }];
}

/** What routers say and the records do not; the same words of several once. */
function saidByRouters(
  routers: readonly JudgedRouter[],
  known: ReadonlyMap<string, ReadonlySet<string>>,
): StatusReason[] {
  const said = new Map<string, StatusReason>();
  for (const { id, health } of routers) {
    for (const one of health?.reasons ?? []) {
      const names = known.get(one.code);
      if (names !== undefined && one.count <= names.size && one.names.every((name) => names.has(name)))
        continue;
      const key = JSON.stringify([one.level, one.code, one.text, one.names]);
      said.set(key, { ...one, routers: [...(said.get(key)?.routers ?? []), id] });
    }
  }
  return [...said.values()];
}
