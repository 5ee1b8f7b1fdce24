// The whole table, now or at an older revision of etcd's.

import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";

import { parseTableRecord } from "@wayleave/records";
import { type StoredRecord, StoreError } from "@wayleave/store";
import * as z from "zod";

import { isStore } from "../control/record-source.ts";
import type { AdminSources } from "./admin-sources.ts";
import type { Endpoints } from "./endpoints.ts";
import { Refusal } from "./problem.ts";

const ROWS_A_TURN = 1_000;

const tableQuery = z.strictObject({
  revision: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe("As etcd had it then, bad records left out; as long as etcd keeps it."),
});
const tableSchema = z.object({
  revision: z.int(),
  settings: z.looseObject({}),
  routes: z.array(z.object({ host: z.string(), path: z.string(), route: z.looseObject({}) })),
  instances: z.array(z.object({ app: z.string(), id: z.string(), instance: z.looseObject({}) })),
});

interface TableRows {
  readonly revision: number;
  readonly settings: object;
  readonly routes: readonly object[];
  readonly instances: readonly object[];
}

/** Adds `/api/table`. */
export function addTableText(endpoints: Endpoints, sources: AdminSources): void {
  endpoints.add(
    {
      method: "GET",
      path: "/api/table",
      summary: "The whole table at one revision.",
      query: tableQuery,
      answer: tableSchema,
      problems: [400, 409, 410, 503],
    },
    async ({ query, reply }) => {
      const rows = query.revision === undefined ? rowsNow(sources) : await rowsAt(sources, query.revision);
      reply.type("application/json; charset=utf-8");
      return Readable.from(tableText(rows));
    },
  );
}

function rowsNow({ table }: AdminSources): TableRows {
  return {
    revision: table.revision,
    settings: table.settings,
    routes: [...table.routes()].map(({ host, path, record }) => ({ host, path, route: record })),
    instances: [...table.instances()].map(({ app, id, record }) => ({ app, id, instance: record })),
  };
}

async function rowsAt({ store, keys }: AdminSources, revision: number): Promise<TableRows> {
  if (!isStore(store)) {
    throw new Refusal({ status: 409, code: "static-table", detail: "a table file has no older revisions" });
  }
  try {
    const { records } = await store.list(keys.table, { revision });
    const parsed = records.map(({ key, value }: StoredRecord) => parseTableRecord(keys, key, value));
    const good = parsed.flatMap((each) => (each.ok ? [each.value] : []));
    return {
      revision,
      settings: good.find((each) => each.kind === "settings")?.settings ?? {},
      routes: good
        .filter((each) => each.kind === "route")
        .map(({ host, path, route }) => ({ host, path, route })),
      instances: good
        .filter((each) => each.kind === "instance")
        .map(({ app, id, instance }) => ({ app, id, instance })),
    };
  } catch (error) {
    throw refusalOf(error, revision);
  }
}

function refusalOf(error: unknown, revision: number): unknown {
  if (!(error instanceof StoreError)) return error;
  const detail = error.message;
  if (error.code === "compacted") {
    return new Refusal({ status: 410, code: "compacted", detail: `etcd has compacted revision ${revision}` });
  }
  if (error.code === "future") return new Refusal({ status: 400, code: "future-revision", detail });
  return new Refusal({ status: 503, code: error.code, detail });
}

// What is in it was taken at once; the text lets requests in between.
async function* tableText({ revision, settings, routes, instances }: TableRows): AsyncIterable<string> {
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
