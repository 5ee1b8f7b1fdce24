// Writing to the table: routes, settings, and what may be done with an instance. By compare-and-set, and written down.

import { parseHost, parseInstance, parseName, parsePathPrefix } from "@wayleave/records";
import { recordViewSchema, routeSchema, settingsSchema, writeResultSchema } from "@wayleave/records/api";
import type { FastifyReply } from "fastify";
import * as z from "zod";

import { MAX_RECORD_BYTES } from "../../control/guards/record-size.ts";
import type { AdminSources } from "../admin-sources.ts";
import { type Endpoint, type Endpoints, NO_QUERY } from "../endpoints.ts";
import { Refusal } from "../problem.ts";
import type { Audit } from "./audit.ts";
import { type Effects, instanceEffects, routeEffects } from "./effects.ts";
import { RecordWriter, type WriteOptions, jsonOf, objectOf } from "./record-writer.ts";

const flag = z.enum(["true", "false"]).default("false");
const writeFlags = {
  dryRun: flag.describe("Say what would change, and change nothing."),
  wait: flag.describe("Answer when every replica has applied it, or after 30 s."),
};
const routePlace = {
  host: z.string().min(1),
  path: z.string().min(1).default("/"),
};
const instancePlace = { app: z.string().min(1), id: z.string().min(1) };

/** What every write has in common. */
const WRITE = {
  answer: writeResultSchema,
  problems: [400, 403, 409, 412, 413, 428, 503, 507],
  headers: {
    "If-Match": 'The record\'s revision in quotes, as `"42"`: it must be the one that is there.',
    "If-None-Match": "`*`: there must be no record yet.",
    "X-Wayleave-Actor": "Who does this, by their own word; for the audit log.",
  },
} satisfies Partial<Endpoint>;

const DONE = { requestsPerSecond: 0, warnings: [] };

/** Adds the writes, and the reads of single records as etcd has them now. */
export function addWriteApi(endpoints: Endpoints, sources: AdminSources, audit: Audit): void {
  const writer = new RecordWriter(sources, audit);
  addRecordReads(endpoints, sources, writer);
  addRouteWrites(endpoints, sources, writer);
  addSettingsWrites(endpoints, sources, writer);
  for (const action of ["drain", "undrain", "evict"] as const)
    addAction(endpoints, sources, { writer, action });
}

function addRecordReads(endpoints: Endpoints, sources: AdminSources, writer: RecordWriter): void {
  const { keys } = sources;
  const read = async (key: string, reply: FastifyReply): Promise<z.infer<typeof recordViewSchema>> => {
    const stored = await writer.read(key);
    if (stored === undefined)
      throw new Refusal({ status: 404, code: "no-record", detail: `there is no ${key}` });
    reply.header("etag", `"${stored.modRevision}"`);
    return { key, revision: stored.modRevision, record: jsonOf(stored) };
  };
  const common = { method: "GET", answer: recordViewSchema, problems: [400, 404, 409, 503] } as const;
  endpoints.add(
    {
      ...common,
      path: "/api/route",
      summary: "A route's record as etcd has it now.",
      query: z.strictObject(routePlace),
    },
    ({ query, reply }) => read(routeKey(sources, query).key, reply),
  );
  endpoints.add(
    {
      ...common,
      path: "/api/instance",
      summary: "An instance's record as etcd has it now.",
      query: z.strictObject(instancePlace),
    },
    ({ query, reply }) => read(instanceKey(sources, query), reply),
  );
  endpoints.add(
    {
      ...common,
      path: "/api/settings",
      summary: "The settings' record as etcd has it now.",
      query: NO_QUERY,
    },
    ({ reply }) => read(keys.settings, reply),
  );
}

function addRouteWrites(endpoints: Endpoints, sources: AdminSources, writer: RecordWriter): void {
  const query = z.strictObject({ ...routePlace, ...writeFlags });
  endpoints.add(
    {
      ...WRITE,
      method: "PUT",
      path: "/api/route",
      summary: "Creates or changes a route.",
      query,
      body: routeSchema,
      maxBodyBytes: MAX_RECORD_BYTES,
    },
    ({ query: asked, body, request }) => {
      const { key, ...place } = routeKey(sources, asked);
      const route = routeSchema.parse(body);
      const effects = (): Effects => withUnknown(routeEffects(sources, place, route), body, routeSchema);
      return writer.write(request, { action: "put", key, change: () => body, effects }, optionsOf(asked));
    },
  );
  endpoints.add(
    { ...WRITE, method: "DELETE", path: "/api/route", summary: "Removes a route.", query },
    ({ query: asked, request }) => {
      const { key, ...place } = routeKey(sources, asked);
      const effects = (): Effects => routeEffects(sources, place, null);
      return writer.write(
        request,
        { action: "delete", key, change: removed(key), effects },
        optionsOf(asked),
      );
    },
  );
}

function addSettingsWrites(endpoints: Endpoints, sources: AdminSources, writer: RecordWriter): void {
  const query = z.strictObject(writeFlags);
  const path = "/api/settings";
  const key = sources.keys.settings;
  const affected = { ...DONE, text: "all requests of all routes that do not say otherwise themselves" };
  endpoints.add(
    {
      ...WRITE,
      method: "PUT",
      path,
      summary: "Creates or changes the settings.",
      query,
      body: settingsSchema,
      maxBodyBytes: MAX_RECORD_BYTES,
    },
    ({ query: asked, body, request }) => {
      const effects = (): Effects => withUnknown(affected, body, settingsSchema);
      return writer.write(request, { action: "put", key, change: () => body, effects }, optionsOf(asked));
    },
  );
  endpoints.add(
    { ...WRITE, method: "DELETE", path, summary: "Removes the settings: the defaults hold again.", query },
    ({ query: asked, request }) => {
      const change = removed(key);
      return writer.write(
        request,
        { action: "delete", key, change, effects: () => affected },
        optionsOf(asked),
      );
    },
  );
}

const ACTIONS = {
  drain: "Sends an instance no new requests; those that run, finish. Its record and lease stay.",
  undrain: "Sends an instance requests again.",
  evict:
    "Drains an instance and removes its record at once. A registrar that still runs puts the record back when it loses " +
    "its lease, when its health check passes anew, or when it starts again: to keep an instance out, drain it or stop it.",
} as const;

function addAction(
  endpoints: Endpoints,
  sources: AdminSources,
  { writer, action }: { readonly writer: RecordWriter; readonly action: keyof typeof ACTIONS },
): void {
  const query = z.strictObject({ ...instancePlace, ...writeFlags });
  endpoints.add(
    { ...WRITE, method: "POST", path: `/api/instance/${action}`, summary: ACTIONS[action], query },
    ({ query: asked, request }) => {
      const key = instanceKey(sources, asked);
      const effects = (): Effects => instanceEffects(sources, asked, action);
      const state = action === "undrain" ? "ready" : "draining";
      const change: Parameters<RecordWriter["write"]>[1]["change"] = (_, stored) => {
        if (stored === undefined) throw notThere(key);
        const parsed = parseInstance(stored.value);
        // What nobody can read may be evicted all the same.
        if (action === "evict") return null;
        if (parsed.ok) return { ...objectOf(stored), state };
        throw new Refusal({
          status: 409,
          code: "bad-record",
          detail: `${key} is no instance: ${parsed.reason}`,
        });
      };
      return writer.write(request, { action, key, change, effects }, optionsOf(asked));
    },
  );
}

function removed(key: string): (before: unknown, stored: unknown) => null {
  return (_, stored) => {
    if (stored === undefined) throw notThere(key);
    return null;
  };
}

function notThere(key: string): Refusal {
  return new Refusal({ status: 404, code: "no-record", detail: `there is no ${key}; nothing was written` });
}

function optionsOf({ dryRun, wait }: { readonly dryRun: string; readonly wait: string }): WriteOptions {
  return { dryRun: dryRun === "true", wait: wait === "true" };
}

// A field that nothing reads is mostly a slip of the pen.
function withUnknown(effects: Effects, body: unknown, schema: z.ZodObject): Effects {
  const unknown = Object.keys(Object(body)).filter((name) => !(name in schema.shape));
  const warnings = unknown.map((name) => `no router knows the field ${name}: it is kept, and ignored`);
  return { ...effects, warnings: [...effects.warnings, ...warnings] };
}

function routeKey(
  { keys }: AdminSources,
  given: { readonly host: string; readonly path: string },
): { readonly key: string; readonly host: string; readonly path: string } {
  const host = parseHost(given.host);
  if (!host.ok) throw badPlace(`?host: ${host.reason}`);
  const path = parsePathPrefix(given.path);
  if (!path.ok) throw badPlace(`?path: ${path.reason}`);
  return { key: keys.route(host.value, path.value), host: host.value, path: path.value };
}

function instanceKey({ keys }: AdminSources, given: { readonly app: string; readonly id: string }): string {
  const app = parseName("app", given.app);
  if (!app.ok) throw badPlace(`?app: ${app.reason}`);
  const id = parseName("instance id", given.id);
  if (!id.ok) throw badPlace(`?id: ${id.reason}`);
  return keys.instance(app.value, id.value);
}

function badPlace(detail: string): Refusal {
  return new Refusal({ status: 400, code: "bad-query", detail });
}
