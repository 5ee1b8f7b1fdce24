// What is in the table: routes, instances, apps, and what would become of a request.

import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";

import type { FastifyInstance, FastifyReply } from "fastify";

import type { AppEntry } from "../table/app-entry.ts";
import type { RouteEntry } from "../table/route-entry.ts";
import type { Table } from "../table/table.ts";
import type { AdminSources } from "./admin-sources.ts";
import { explainRequest } from "./explain-request.ts";
import { sendProblem } from "./problem.ts";
import { type InstanceSummary, summarizeInstances, viewApp, viewInstance, viewRoute } from "./views.ts";

const ROWS_A_TURN = 1_000;

/** A part of a long list; the whole list's length stands in X-Total-Count. */
interface Page {
  readonly limit: number;
  readonly offset: number;
}

interface RouteQuery extends Page {
  readonly host?: string;
  readonly app?: string;
}

interface InstanceQuery extends Page {
  readonly app?: string;
}

interface ExplainQuery {
  readonly url: string;
  readonly method?: string;
  readonly client?: string;
  readonly header?: readonly string[];
}

const page = {
  limit: { type: "integer", minimum: 1, maximum: 10_000, default: 1_000 },
  offset: { type: "integer", minimum: 0, default: 0 },
};
const text = { type: "string", minLength: 1 };

/** Adds `/api/routes`, `/api/instances`, `/api/apps`, `/api/table` and `/api/explain`. */
export function addTableApi(server: FastifyInstance, { table, exchangeCounts, plane }: AdminSources): void {
  // What is shown of instances is what those know that route by them.
  const preHandler = async (): Promise<void> => {
    await plane.refresh();
    await plane.refreshInstances();
  };
  const routesSchema = schema({ ...page, host: text, app: text });
  server.get<{ Querystring: RouteQuery }>(
    "/api/routes",
    { schema: routesSchema, preHandler },
    ({ query }, reply) => {
      const summaryOf = summaryByApp(table);
      return sendPage(reply, routesFor(table, query), query, (route) =>
        viewRoute(route, summaryOf(route), exchangeCounts.of(route)),
      );
    },
  );

  const instancesSchema = schema({ ...page, app: text });
  server.get<{ Querystring: InstanceQuery }>(
    "/api/instances",
    { schema: instancesSchema, preHandler },
    ({ query }, reply) => {
      const { app } = query;
      const instances = app === undefined ? table.instances() : (table.app(app)?.instances.values() ?? []);
      return sendPage(reply, instances, query, viewInstance);
    },
  );

  server.get<{ Querystring: Page }>("/api/apps", { schema: schema(page), preHandler }, ({ query }, reply) =>
    sendPage<AppEntry>(reply, table.apps(), query, viewApp),
  );

  server.get("/api/table", (_, reply) =>
    reply.type("application/json; charset=utf-8").send(Readable.from(tableText(table))),
  );

  const header = { type: "array", items: { type: "string", pattern: "^[^:\\s]+:" } };
  const explainSchema = schema({ url: text, method: text, client: text, header }, ["url"]);
  server.get<{ Querystring: ExplainQuery }>(
    "/api/explain",
    { schema: explainSchema, preHandler },
    ({ query }, reply) => {
      const headers = query.header?.map(splitHeader);
      const explained = explainRequest(table, { ...query, headers });
      if (explained.ok) return reply.send(explained.value);
      return sendProblem(reply, { status: 400, title: "Bad Request", detail: explained.reason });
    },
  );
}

function schema(properties: object, required: readonly string[] = []): object {
  return { querystring: { type: "object", properties, required } };
}

function* routesFor(table: Table, { host, app }: RouteQuery): Iterable<RouteEntry> {
  for (const route of table.routes()) {
    if (host !== undefined && route.host !== host) continue;
    if (app !== undefined && !route.record.to.some((to) => to.app === app)) continue;
    yield route;
  }
}

// Many routes lead to the same app: it is counted once a request.
function summaryByApp(table: Table): (route: RouteEntry) => InstanceSummary[] {
  const known = new Map<string, InstanceSummary>();
  const summaryOf = (name: string): InstanceSummary => {
    const summary = known.get(name) ?? summarizeInstances(table.app(name)?.instances.values() ?? []);
    known.set(name, summary);
    return summary;
  };
  return ({ record }) => [...new Set(record.to.map(({ app }) => app))].map(summaryOf);
}

function sendPage<T>(
  reply: FastifyReply,
  rows: Iterable<T>,
  { limit, offset }: Page,
  view: (row: T) => object,
): FastifyReply {
  const shown: object[] = [];
  let total = 0;
  for (const row of rows) {
    if (total >= offset && shown.length < limit) shown.push(view(row));
    total += 1;
  }
  return reply.header("x-total-count", total).send(shown);
}

// The whole table at one revision. What is in it is taken at once; the text lets requests in between.
async function* tableText(table: Table): AsyncIterable<string> {
  const { revision, settings } = table;
  const routes = [...table.routes()].map(({ host, path, record }) => ({ host, path, route: record }));
  const instances = [...table.instances()].map(({ app, id, record }) => ({ app, id, instance: record }));
  yield `{"revision":${revision},"settings":${JSON.stringify(settings)},"routes":[`;
  yield* rowsText(routes);
  yield '],"instances":[';
  yield* rowsText(instances);
  yield "]}\n";
}

async function* rowsText(rows: readonly object[]): AsyncIterable<string> {
  for (let at = 0; at < rows.length; at += ROWS_A_TURN) {
    const slice = rows.slice(at, at + ROWS_A_TURN).map((row) => JSON.stringify(row));
    yield (at === 0 ? "" : ",") + slice.join(",");
    await setImmediate();
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
