// What is in the table: routes, instances, apps, and what would become of a request.

import { appViewSchema, instanceViewSchema, routeViewSchema } from "@wayleave/records/api";
import * as z from "zod";

import type { InstanceEntry } from "../table/instance-entry.ts";
import type { RouteEntry } from "../table/route-entry.ts";
import type { AdminSources } from "./admin-sources.ts";
import type { Endpoints } from "./endpoints.ts";
import { explainRequest } from "./explain-request.ts";
import { Listings, pageQuery } from "./listings.ts";
import { Refusal } from "./problem.ts";
import { addTableText } from "./table-text.ts";
import { Views } from "./views.ts";

const text = z.string().min(1);
const lines = z.preprocess(
  (given) => (typeof given === "string" ? [given] : given),
  z.array(z.string().regex(/^[^:\s]+:/, "a header is NAME: VALUE")),
);

const routesQuery = z.strictObject({ ...pageQuery, host: text.optional(), app: text.optional() });
const instancesQuery = z.strictObject({
  ...pageQuery,
  app: text.optional(),
  leases: z
    .enum(["true", "false"])
    .default("false")
    .describe("Ask etcd when the leases run out, of the first 200."),
});
const explainQuery = z.strictObject({
  url: text.describe("Host, path and query; the scheme may be left out."),
  method: text.optional(),
  client: text.optional().describe("The client's address."),
  header: lines.optional().describe("`NAME: VALUE`; may be there several times."),
});

/** Adds `/api/routes`, `/api/instances`, `/api/apps`, `/api/table` and `/api/explain`. */
export function addTableApi(endpoints: Endpoints, sources: AdminSources): void {
  addRoutes(endpoints, sources);
  addInstances(endpoints, sources);
  addApps(endpoints, sources);
  addTableText(endpoints, sources);
  addExplain(endpoints, sources);
}

// What is shown of instances is what those know that route by them.
async function look({ plane, live }: AdminSources): Promise<void> {
  await plane.refresh();
  live.shares.add(await plane.refreshInstances(), Date.now());
}

function addRoutes(endpoints: Endpoints, sources: AdminSources): void {
  const listings = new Listings<RouteEntry>();
  endpoints.add(
    {
      method: "GET",
      path: "/api/routes",
      summary: "The routes, with their health, their traffic, and the instances that they lead to.",
      query: routesQuery,
      answer: z.array(routeViewSchema),
      problems: [410],
    },
    async ({ query, ...exchange }) => {
      await look(sources);
      const views = new Views(sources);
      const { table } = sources;
      return listings
        .page(exchange, query, () => routesFor(sources, query))
        .map(({ host, path }) => table.route(host, path))
        .filter((route) => route !== undefined)
        .map((route) => views.countedRoute(route));
    },
  );
}

function addInstances(endpoints: Endpoints, sources: AdminSources): void {
  const listings = new Listings<InstanceEntry>();
  endpoints.add(
    {
      method: "GET",
      path: "/api/instances",
      summary: "The instances, with their condition and what they do.",
      query: instancesQuery,
      answer: z.array(instanceViewSchema),
      problems: [410],
    },
    async ({ query, ...exchange }) => {
      await look(sources);
      const { table } = sources;
      const { app, leases } = query;
      const shown = listings
        .page(exchange, query, () =>
          app === undefined ? table.instances() : (table.app(app)?.instances.values() ?? []),
        )
        .map((entry) => table.app(entry.app)?.instances.get(entry.id))
        .filter((entry) => entry !== undefined);
      if (leases === "true") await sources.leases.look(shown);
      const views = new Views(sources);
      return shown.map((entry) => views.instance(entry));
    },
  );
}

function addApps(endpoints: Endpoints, sources: AdminSources): void {
  const listings = new Listings<string>();
  endpoints.add(
    {
      method: "GET",
      path: "/api/apps",
      summary: "The apps that have an instance or that a route leads to, with their health.",
      query: z.strictObject(pageQuery),
      answer: z.array(appViewSchema),
      problems: [410],
    },
    async ({ query, ...exchange }) => {
      await look(sources);
      const views = new Views(sources);
      const { health } = sources.live;
      return listings
        .page(exchange, query, () => health.appNames())
        .filter((app) => health.hasApp(app))
        .map((app) => views.app(app));
    },
  );
}

function addExplain(endpoints: Endpoints, sources: AdminSources): void {
  endpoints.add(
    {
      method: "GET",
      path: "/api/explain",
      summary: "Which route and which instance a request would get now, and why all others lost.",
      query: explainQuery,
      answer: z.looseObject({ explanation: z.looseObject({}), policy: z.looseObject({}).optional() }),
    },
    async ({ query }) => {
      await look(sources);
      const headers = query.header?.map(splitHeader);
      const explained = explainRequest(sources.table, { ...query, headers });
      if (explained.ok) return explained.value;
      throw new Refusal({ status: 400, code: "bad-request", detail: explained.reason });
    },
  );
}

function* routesFor(
  { table }: AdminSources,
  { host, app }: z.output<typeof routesQuery>,
): Iterable<RouteEntry> {
  for (const route of table.routes()) {
    if (host !== undefined && route.host !== host) continue;
    if (app !== undefined && !route.record.to.some((to) => to.app === app)) continue;
    yield route;
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
