import { certificateExpiry } from "@wayleave/records/api";

import { viewCertificates } from "../certificates/certificate-view.ts";
import { count } from "../output/count.ts";
import type { BadRecord, ReadTable } from "../reading/read-table.ts";
import { healthOfRoutes } from "../status/route-health.ts";
import { type Check, type Finding, named, ok, warn } from "./check.ts";

const NAMED = 3;

/** Judges what stands under the prefix at a time, epoch milliseconds. Pure. */
export function examineTable(table: ReadTable, badReplicas: readonly BadRecord[], now: number): Check[] {
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
    ...(table.certificates.length === 0 ? [] : [named("certificates", "", examineCertificates(table, now))]),
  ];
}

function examineCertificates(table: ReadTable, now: number): Finding {
  const { views } = viewCertificates(table, now);
  const ends = views.map(({ name, notAfter }) => ({ name, notAfter: Date.parse(notAfter) }));
  const { certificatesExpired: expired, certificatesExpiring: soon } = certificateExpiry(ends, now);
  const said = [
    ...(expired.count === 0 ? [] : [`expired: ${some(expired.names)}`]),
    ...(soon.count === 0 ? [] : [`to expire within 14 days: ${some(soon.names)}`]),
  ];
  if (said.length === 0) return ok(`${count(views.length, "certificate")}, and none is to expire soon`);
  const todo =
    "renew them: wayleave certificates set NAME --chain FILE --key FILE; remove those that no route needs";
  return warn(said.join("; "), todo);
}

function some(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return names.slice(0, NAMED).join(", ") + more;
}
