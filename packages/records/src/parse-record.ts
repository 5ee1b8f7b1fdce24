// Every record is parsed once, here, at the boundary.

import * as z from "zod";

import { type Certificate, certificateSchema } from "./certificate.ts";
import { type Instance, instanceSchema } from "./instance.ts";
import type { Keys, Place } from "./keys.ts";
import { type Parsed, invalid, valid } from "./parsed.ts";
import { type Replica, replicaSchema } from "./replica.ts";
import { type Route, routeSchema } from "./route.ts";
import { type Settings, settingsSchema } from "./settings.ts";

/** A record with the place that its key names. */
export type TableRecord =
  | { readonly kind: "settings"; readonly settings: Settings }
  | { readonly kind: "route"; readonly host: string; readonly path: string; readonly route: Route }
  | { readonly kind: "instance"; readonly app: string; readonly id: string; readonly instance: Instance }
  | { readonly kind: "certificate"; readonly name: string; readonly certificate: Certificate };

/**
 * Parses a key under `table/` and its value: JSON in UTF-8, checked by the schema of its place. The
 * reason of a refusal names the field. Unknown fields are kept.
 */
export function parseTableRecord(keys: Keys, key: string, value: string): Parsed<TableRecord> {
  const place = keys.parse(key);
  return place.ok ? parseAt(place.value, value) : place;
}

/** Parses the value of a route record; `where` names it in the reason. */
export const parseRoute = (value: string): Parsed<Route> => parseWith(routeSchema, value);
export const parseInstance = (value: string): Parsed<Instance> => parseWith(instanceSchema, value);
/** Its reasons never show what they refuse: it may be a private key. */
export const parseCertificate = (value: string): Parsed<Certificate> =>
  isJson(value) ? parseWith(certificateSchema, value) : invalid("not JSON");
export const parseSettings = (value: string): Parsed<Settings> => parseWith(settingsSchema, value);
export const parseReplica = (value: string): Parsed<Replica> => parseWith(replicaSchema, value);

/** The published JSON Schemas (draft 2020-12), by the kind of record. */
export function recordJsonSchemas(): Record<
  "route" | "instance" | "certificate" | "settings" | "replica",
  object
> {
  return {
    route: jsonSchema(routeSchema),
    instance: jsonSchema(instanceSchema),
    certificate: jsonSchema(certificateSchema),
    settings: jsonSchema(settingsSchema),
    replica: jsonSchema(replicaSchema),
  };
}

function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: "input" });
}

function parseAt(place: Place, value: string): Parsed<TableRecord> {
  switch (place.kind) {
    case "settings": {
      const settings = parseSettings(value);
      return settings.ok ? valid({ kind: "settings", settings: settings.value }) : settings;
    }
    case "route": {
      const route = parseRoute(value);
      return route.ok ? valid({ ...place, route: route.value }) : route;
    }
    case "instance": {
      const instance = parseInstance(value);
      return instance.ok ? valid({ ...place, instance: instance.value }) : instance;
    }
    case "certificate": {
      const certificate = parseCertificate(value);
      return certificate.ok ? valid({ ...place, certificate: certificate.value }) : certificate;
    }
  }
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

function parseWith<T>(schema: z.ZodType<T>, value: string): Parsed<T> {
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch (error) {
    return invalid(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = schema.safeParse(json);
  return result.success ? valid(result.data) : invalid(result.error.issues.map(describe).join("; "));
}

function describe(issue: z.core.$ZodIssue): string {
  const field = z.core.toDotPath(issue.path);
  return field === "" ? issue.message : `${field}: ${issue.message}`;
}
