// What is said of records, settings, metrics and commands is what the source says.

import { readFileSync } from "node:fs";
import path from "node:path";

import { recordJsonSchemas } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { defaultOf, resolvedFields } from "../scripts/docs/defaults.ts";
import { pages } from "../scripts/docs/pages.ts";
import { schemaFields } from "../scripts/docs/schema-fields.ts";

const root = path.resolve(import.meta.dirname, "..");

describe("the pages that are made from the source", () => {
  it.each(pages)("$file is what the source gives; `npm run docs` writes it", async ({ file, make }) => {
    expect(readFileSync(path.join(root, file), "utf8")).toBe(await make());
  });

  it("show each default that a router fills in", () => {
    const settings = schemaFields(recordJsonSchemas().settings);
    const shown = settings.filter(({ path: field }) => defaultOf(field) !== undefined);
    const names = shown.map(({ path: field }) =>
      /^(?:listener|ejection)\./.test(field) ? field : field.split(".").at(-1),
    );
    // The listener's own view of the route's bodyIdleMs is no field of its own.
    expect(resolvedFields().filter((name) => !names.includes(name))).toEqual(["listener.bodyIdleMs"]);
  });

  it("explain every field of every record", () => {
    const fields = Object.entries(recordJsonSchemas()).flatMap(([kind, schema]) =>
      schemaFields(schema).map((field) => ({ field: `${kind}.${field.path}`, meaning: field.meaning })),
    );
    expect(fields.filter(({ meaning }) => meaning === "")).toEqual([]);
  });
});
