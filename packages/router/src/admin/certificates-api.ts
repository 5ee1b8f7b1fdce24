import { setImmediate } from "node:timers/promises";

import { type CertificateView, certificateViewSchema } from "@wayleave/records/api";
import * as z from "zod";

import { viewCertificate } from "../certificates/view-certificate.ts";
import type { AdminSources } from "./admin-sources.ts";
import type { Endpoints } from "./endpoints.ts";

const ROUTES_A_TURN = 1_000;
const ROUTES_SHOWN = 100;

/** Adds `/api/certificates`. */
export function addCertificatesApi(endpoints: Endpoints, sources: AdminSources): void {
  endpoints.tell(
    "/api/certificates",
    {
      summary: "The certificates, with whom they serve, until when, and for which routes; never a key.",
      answer: z.array(certificateViewSchema),
    },
    () => viewCertificates(sources),
  );
}

async function viewCertificates({ table, control, keys }: AdminSources): Promise<CertificateView[]> {
  const now = Date.now();
  const entries = [...table.certificates.entries()];
  const used = entries.length === 0 ? new Map<string, Places>() : await placesByCertificate(table, now);
  return entries
    .map((entry) => ({
      ...viewCertificate(entry, now),
      revision: control.records.at(keys.certificate(entry.name))?.modRevision ?? 0,
      routeCount: used.get(entry.name)?.count ?? 0,
      routes: used.get(entry.name)?.first ?? [],
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface Places {
  count: number;
  readonly first: string[];
}

/** Lets others in between: a table may have 100,000 routes. */
async function placesByCertificate(
  table: Pick<AdminSources["table"], "certificates" | "routes">,
  now: number,
): Promise<Map<string, Places>> {
  const used = new Map<string, Places>();
  let seen = 0;
  // References, all at once: a tree that changes meanwhile is no tree to walk.
  const routes = [...table.routes()];
  for (const { host, path } of routes) {
    for (const { name } of table.certificates.serving(host, now)) {
      const places = used.get(name) ?? { count: 0, first: [] };
      used.set(name, places);
      places.count += 1;
      if (places.count <= ROUTES_SHOWN) places.first.push(host + path);
    }
    seen += 1;
    if (seen % ROUTES_A_TURN === 0) await setImmediate();
  }
  return used;
}
