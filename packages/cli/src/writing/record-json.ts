// Records as they stand in etcd: JSON objects whose unknown fields are kept.

import type { StoredRecord } from "@wayleave/store";

import { CommandError } from "../exit-codes.ts";

/** A JSON object, unchecked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object in JSON's sense. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The JSON object that a stored record holds; undefined when there is none. */
export function objectOf(record: StoredRecord | undefined): JsonObject | undefined {
  if (record === undefined) return undefined;
  try {
    return parseObject(record.value);
  } catch {
    return undefined;
  }
}

/** Parses a record that a person gives as JSON; throws a CommandError (invalid). */
export function parseRecordJson(text: string): JsonObject {
  try {
    return parseObject(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError("invalid", `the record is no JSON object: ${reason}`, { cause: error });
  }
}

/** Puts fields into the object at `name`, and keeps what else it holds; so in the objects within it. */
export function joinField(record: JsonObject, name: string, fields: JsonObject): JsonObject {
  const old = record[name];
  const joined = Object.entries(fields).reduce<JsonObject>(
    (object, [key, value]) => (isObject(value) ? joinField(object, key, value) : { ...object, [key]: value }),
    isObject(old) ? old : {},
  );
  return { ...record, [name]: joined };
}

function parseObject(text: string): JsonObject {
  const json: unknown = JSON.parse(text);
  if (isObject(json)) return json;
  throw new SyntaxError("it must begin with {");
}
