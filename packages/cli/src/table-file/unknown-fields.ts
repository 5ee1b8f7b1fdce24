import { recordJsonSchemas } from "@wayleave/records";

import { isObject } from "../writing/record-json.ts";
import type { Section } from "./read-table-file.ts";

/** A field that no schema knows: kept, and ignored by routers of this version. */
export interface UnknownField {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

const schemas: Readonly<Record<string, unknown>> = recordJsonSchemas();
const schemaBySection: Readonly<Record<Section, unknown>> = {
  settings: schemas["settings"],
  routes: schemas["route"],
  instances: schemas["instance"],
  certificates: schemas["certificate"],
};

/** The fields of a valid record that its JSON Schema does not name. Pure. */
export function unknownFields(section: Section, json: object): UnknownField[] {
  return walk(schemaBySection[section], json, []);
}

function walk(schema: unknown, json: unknown, path: readonly (string | number)[]): UnknownField[] {
  if (!isObject(schema)) return [];
  if (Array.isArray(json))
    return json.flatMap((item, index) => walk(schema["items"], item, [...path, index]));
  const properties = schema["properties"];
  if (!isObject(json) || !isObject(properties)) return [];
  return Object.entries(json).flatMap(([name, value]) =>
    name in properties
      ? walk(properties[name], value, [...path, name])
      : [{ path: [...path, name], reason: unknownReason(name, Object.keys(properties)) }],
  );
}

function unknownReason(name: string, known: readonly string[]): string {
  return `field ${JSON.stringify(name)} means nothing to this version and is kept as it is; it knows ${known.join(", ")}`;
}
