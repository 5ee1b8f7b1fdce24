// What a write would mean for requests: told before it is made, from the table as it is.

import type { Route } from "@wayleave/records";
import type { WriteResult } from "@wayleave/records/api";

import type { AdminSources } from "../admin-sources.ts";

/** Which requests a write affects. */
export type Effects = WriteResult["affected"];

interface RoutePlace {
  readonly host: string;
  readonly path: string;
}

/** Of a route that is put, or with null removed. */
export function routeEffects(sources: AdminSources, place: RoutePlace, after: Route | null): Effects {
  const { table, live } = sources;
  const name = place.host + place.path;
  const before = table.route(place.host, place.path);
  const { requestsPerSecond } = live.figures.of(name, Date.now());
  const warnings = after === null ? [] : destinationWarnings(sources, after);
  if (after === null) {
    const leavesTo = placeOf(routeWithout(sources, place));
    if (leavesTo === null) warnings.push(`requests to ${name} will be answered with 404`);
    const text = `requests to ${name} ${leavesTo === null ? "meet no route then" : `go to route ${nameOf(leavesTo)} then`}`;
    return { text, leavesTo, requestsPerSecond, warnings };
  }
  if (before !== undefined) {
    return { text: `all requests of route ${name}`, requestsPerSecond, warnings };
  }
  const takesFrom = placeOf(routeWithout(sources, place));
  const from = takesFrom === null ? "were answered with 404" : `went to route ${nameOf(takesFrom)}`;
  return { text: `requests to ${name}, which ${from}`, takesFrom, requestsPerSecond: 0, warnings };
}

/** Of an instance that gets no new requests, or gets them again. */
export function instanceEffects(
  { table, live }: AdminSources,
  { app, id }: { readonly app: string; readonly id: string },
  action: "drain" | "undrain" | "evict",
): Effects {
  live.health.look();
  const entry = table.app(app)?.instances.get(id);
  const others = [...(table.app(app)?.instances.values() ?? [])].filter(
    (each) => each !== entry && each.record.state === "ready" && !each.record.isSuspect,
  );
  const share = live.shares.of(app, id) ?? 0;
  let ofApp = 0;
  for (const place of live.health.routesTo(app))
    ofApp += live.figures.of(place, Date.now()).requestsPerSecond;
  const requestsPerSecond = share * ofApp;
  if (action === "undrain")
    return { text: `${app}/${id} gets requests again`, requestsPerSecond, warnings: [] };
  const running = `${entry?.active ?? 0} that run on it may finish`;
  const text = `${app}/${id} gets no new request (${running}); ${others.length} other ready instances of ${app} take them`;
  const warnings = others.length === 0 ? [`no ready instance of ${app} is left`] : [];
  if (action === "evict") {
    warnings.push("a registrar that still runs puts the record back when it loses its lease or starts again");
  }
  return { text, requestsPerSecond, warnings };
}

function destinationWarnings({ live }: AdminSources, { to }: Route): string[] {
  live.health.look();
  const used = to.filter(({ weight = 1 }) => weight > 0);
  if (used.length === 0) return ["no destination has a weight above 0: every request is answered with 503"];
  return used.flatMap((destination) => {
    const { ready, failing } = live.health.destinationCounts([destination]);
    const { app, version } = destination;
    const name = version === undefined ? app : `${app}@${version}`;
    return ready + failing === 0 ? [`${name} has no ready instance`] : [];
  });
}

/** Where requests to a place go without a route there: the most specific host decides, then its longest path. */
function routeWithout({ table }: AdminSources, { host, path }: RoutePlace): RoutePlace | undefined {
  const hosts = new Set<string>();
  for (const route of table.routes()) if (route.host !== host || route.path !== path) hosts.add(route.host);
  const decides = candidatesFor(host).find((each) => hosts.has(each));
  if (decides === undefined) return undefined;
  const prefixes = prefixesOf(path).filter((each) => decides !== host || each !== path);
  const found = prefixes.find((each) => table.route(decides, each) !== undefined);
  return found === undefined ? undefined : { host: decides, path: found };
}

// a.b.example: itself, *.b.example, *.example, *. What begins with a star has only wilder ones.
function candidatesFor(host: string): string[] {
  const labels = host.split(".");
  const wilder = labels.slice(1).map((_, at) => `*.${labels.slice(at + 1).join(".")}`);
  return [...new Set([host, ...wilder, "*"])];
}

// /a/b: itself, /a, /.
function prefixesOf(path: string): string[] {
  const segments = path.split("/").filter((segment) => segment !== "");
  const all = segments.map((_, at) => `/${segments.slice(0, segments.length - at).join("/")}`);
  return [...all, "/"];
}

function placeOf(place: RoutePlace | undefined): RoutePlace | null {
  return place === undefined ? null : { host: place.host, path: place.path };
}

function nameOf({ host, path }: RoutePlace): string {
  return host + path;
}
