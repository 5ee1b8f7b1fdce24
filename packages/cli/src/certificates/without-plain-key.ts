import type { JsonObject } from "../writing/record-json.ts";

/** A record as it may be shown: what stands where a certificate has its private key is not, unless it is sealed. */
export function withoutPlainKey(record: JsonObject | undefined): JsonObject | undefined {
  return typeof record?.["key"] === "string" ? { ...record, key: "(a plain key)" } : record;
}
