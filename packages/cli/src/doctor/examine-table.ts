import { count } from "../output/count.ts";
import type { BadRecord, ReadTable } from "../reading/read-table.ts";
import { healthOfRoutes } from "../status/route-health.ts";
import { type Check, named, ok, warn } from "./check.ts";

const NAMED = 3;

/** Judges what stands under the prefix. Pure. */
export function examineTable(table: ReadTable, badReplicas: readonly BadRecord[]): Check[] {
  const bad = [...table.bad, ...badReplicas];
  const down = healthOfRoutes(table).filter(({ health }) => health.level === "down");
  const counts = `${count(table.routes.length, "route")}, ${count(table.instances.length, "instance")}`;
  return [
    named(
      "records",
      "",
      bad.length === 0
        ? ok(`${counts}, and every record can be used`)
        : warn(
            `${counts}; ${count(bad.length, "record")} that no router can use: ${some(bad.map(({ key }) => key))}`,
            "wayleave status names each with its reason; write it anew, or remove it",
          ),
    ),
    named(
      "routes",
      "",
      down.length === 0
        ? ok("every route has a ready instance")
        : warn(
            `without a ready instance: ${some(down.map(({ name }) => name))}`,
            "start instances of their apps (wayleave run), or remove the routes",
          ),
    ),
  ];
}

function some(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return names.slice(0, NAMED).join(", ") + more;
}
