// How the routes fare by the records alone: what a router learns from failing requests is not in them.

import { type Health, appHealth, conditionOf, countInstances, routeHealth } from "@wayleave/records/api";
import type { Destination } from "@wayleave/records";

import type { ReadTable } from "../reading/read-table.ts";

/** A route as `host/path`, and how it is. */
export interface RouteHealth {
  readonly name: string;
  readonly health: Health;
}

const BY_RECORD = { isSuspect: false, ejectedUntil: 0, failures: 0 };

/** The health of every route, by its instances' records. Pure. */
export function healthOfRoutes({ routes, instances }: ReadTable): RouteHealth[] {
  const states = new Map<string, ("ready" | "draining")[]>();
  for (const { parsed } of instances) {
    const { app, instance } = parsed;
    for (const name of new Set([app, nameOf({ app, version: instance.version })])) {
      const known = states.get(name);
      if (known === undefined) states.set(name, [instance.state]);
      else known.push(instance.state);
    }
  }
  const healthByName = new Map<string, Health>();
  const healthOf = (destination: Destination): Health => {
    const name = nameOf(destination);
    const health = healthByName.get(name) ?? judge(name, states.get(name) ?? []);
    healthByName.set(name, health);
    return health;
  };
  return routes.map(({ parsed: { host, path, route } }) => ({
    name: host + path,
    health: routeHealth(route.to.map((to) => ({ weight: to.weight ?? 1, health: healthOf(to) }))),
  }));
}

function judge(name: string, states: readonly ("ready" | "draining")[]): Health {
  const conditions = states.map((state) => conditionOf({ ...BY_RECORD, state }, 0));
  return appHealth(name, countInstances(conditions), { isMassExpiry: false });
}

/** `app`, or `app@version`. */
function nameOf({ app, version }: Pick<Destination, "app" | "version">): string {
  return version === undefined ? app : `${app}@${version}`;
}
