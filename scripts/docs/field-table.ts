import { defaultOf } from "./defaults.ts";
import { inline, table } from "./markdown.ts";
import { type Field, schemaFields } from "./schema-fields.ts";

/** Every field of a record's JSON Schema as one table. */
export function fieldTable(schema: object): string {
  return table(
    ["field", "value", "default", "meaning"],
    schemaFields(schema).map((field) => [inline(field.path), field.value, initial(field), field.meaning]),
  );
}

function initial(field: Field): string {
  if (field.isRequired) return "required";
  if (field.value === "map") return ""; // its fields say theirs
  const value = field.initial ?? defaultOf(field.path);
  return value === undefined || value === "none" ? (value ?? "") : inline(value);
}
