import type { Route } from "@wayleave/records";

import type { InstanceEntry } from "./instance-entry.ts";
import type { PickOptions } from "./pick.ts";
import type { RouteEntry } from "./route-entry.ts";
import { type InstanceFields, putInstance, putRoute, sampleChange, sampleOptions, tally } from "./samples.ts";
import { Table } from "./table.ts";

/** A table with one route, for tests of what is picked. */
export interface Scene {
  readonly table: Table;
  readonly route: RouteEntry;
  /** The id of the picked instance, or the failure. */
  readonly pick: (parts?: Partial<PickOptions>) => string;
  readonly picks: (times: number, parts?: Partial<PickOptions>) => Map<string | undefined, number>;
  readonly entry: (id: string) => InstanceEntry;
}

/** The route `h/` to `to`, and instances by app and id. */
export function scene(
  to: Route["to"],
  apps: Record<string, Record<string, InstanceFields>>,
  zone?: string,
): Scene {
  const table = new Table({ affinityKey: "k", zone });
  const instances = Object.entries(apps).flatMap(([app, ids]) =>
    Object.entries(ids).map(([id, fields]) => putInstance(app, id, fields)),
  );
  table.apply(sampleChange(1, { routes: [putRoute("h/", to)], instances }));
  const route = table.match("h", "/");
  if (route === undefined) throw new Error("no route");
  const pick = (parts: Partial<PickOptions> = {}): string => {
    const picked = table.pick(route, sampleOptions(parts));
    return typeof picked === "string" ? picked : picked.id;
  };
  return {
    table,
    route,
    pick,
    picks: (times, parts) => tally(Array.from({ length: times }, () => pick(parts))),
    entry(id) {
      const found = [...table.instances()].find((entry) => entry.id === id);
      if (found === undefined) throw new Error(`no instance ${id}`);
      return found;
    },
  };
}
