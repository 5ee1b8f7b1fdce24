// The whole table, now or at an older revision of etcd's.

import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";

import { parseSettings, parseTableRecord } from "@wayleave/records";
import { type StoredRecord, StoreError } from "@wayleave/store";
import * as z from "zod";

import { isStore } from "../control/record-source.ts";
import type { Table } from "../table/table.ts";
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

/** A table, its rows as text that lets requests in between. */
interface TableParts {
  readonly revision: number;
  readonly settings: object;
  readonly routes: AsyncIterable<string>;
  readonly instances: AsyncIterable<string>;
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
      const { revision } = query;
      const answer = revision === undefined ? textNow(sources.table) : await textAt(sources, revision);
      reply.type("application/json; charset=utf-8");
      return Readable.from(answer);
    },
  );
}

/** All that a table holds at its revision of now, as JSON, however it changes while that is read. */
export function textNow(table: Table): AsyncIterable<string> {
  // References only, and all at once: rows are made later, when there may be another revision.
  const routes = [...table.routes()];
  const instances = [...table.instances()];
  // An instance stays when its record is replaced; a route does not.
  const records = instances.map(({ record }) => record);
  return tableText({
    revision: table.revision,
    settings: table.settings,
    routes: rowsText(routes, ({ host, path, record }) => ({ host, path, route: record })),
    instances: rowsText(instances, ({ app, id }, at) => ({ app, id, instance: records[at] })),
  });
}

async function textAt({ store, keys }: AdminSources, revision: number): Promise<AsyncIterable<string>> {
  if (!isStore(store)) {
    throw new Refusal({ status: 409, code: "static-table", detail: "a table file has no older revisions" });
  }
  try {
    const { records } = await store.list(keys.table, { revision });
    const found = records.find(({ key }) => key === keys.settings);
    const settings = found && parseSettings(found.value);
    const under = (prefix: string): StoredRecord[] => records.filter(({ key }) => key.startsWith(prefix));
    const rowOf = ({ key, value }: StoredRecord): object | undefined => {
      const parsed = parseTableRecord(keys, key, value);
      return parsed.ok ? { ...parsed.value, kind: undefined } : undefined;
    };
    return tableText({
      revision,
      settings: settings?.ok === true ? settings.value : {},
      routes: rowsText(under(keys.routes), rowOf),
      instances: rowsText(under(keys.instances), rowOf),
    });
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

async function* tableText({ revision, settings, routes, instances }: TableParts): AsyncIterable<string> {
  yield `{"revision":${revision},"settings":${JSON.stringify(settings)},"routes":[`;
  yield* routes;
  yield '],"instances":[';
  yield* instances;
  yield "]}\n";
}

/** Rows with commas between them; what has no row is left out. */
async function* rowsText<T>(
  all: readonly T[],
  rowOf: (each: T, at: number) => object | undefined,
): AsyncIterable<string> {
  let separator = "";
  for (let from = 0; from < all.length; from += ROWS_A_TURN) {
    const rows = all.slice(from, from + ROWS_A_TURN).map((each, index) => rowOf(each, from + index));
    const text = rows.filter((row) => row !== undefined).map((row) => JSON.stringify(row));
    if (text.length > 0) yield separator + text.join(",");
    if (text.length > 0) separator = ",";
    await setImmediate();
  }
}
