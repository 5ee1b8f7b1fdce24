// A JSON Schema as rows of a table: every field with what it may be.

/** One field: `timeouts.connectMs`, `to[].app`. */
export interface Field {
  readonly path: string;
  readonly value: string;
  readonly isRequired: boolean;
  /** As JSON, when the schema itself has one. */
  readonly initial: string | undefined;
  readonly meaning: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** The fields of an object's schema, those of objects inside of it right below. */
export function schemaFields(schema: object, prefix = ""): Field[] {
  const required = list(asSchema(schema)["required"]);
  return Object.entries(asSchema(asSchema(schema)["properties"])).flatMap(([name, each]) => {
    const field = asSchema(each);
    const path = `${prefix}${name}`;
    const initial = field["default"];
    const own: Field = {
      path,
      value: valueOf(field),
      isRequired: required.includes(name),
      initial: initial === undefined ? undefined : JSON.stringify(initial),
      meaning: text(field["description"]),
    };
    return [own, ...schemaFields(field, `${path}.`), ...schemaFields(asSchema(field["items"]), `${path}[].`)];
  });
}

function valueOf(schema: Schema): string {
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices)) return choices.map((each) => choiceOf(asSchema(each))).join(" or ");
  if (schema["const"] !== undefined) return inJson(schema["const"]);
  if (Array.isArray(schema["enum"])) return schema["enum"].map(inJson).join(", ");
  switch (schema["type"]) {
    case "integer":
    case "number":
      return `${schema["type"]}, ${boundsOf(schema)}`;
    case "boolean":
      return "true or false";
    case "array":
      return `list of ${itemsOf(asSchema(schema["items"]))}, ${text(schema["minItems"]) || "0"} or more`;
    case "object":
      return schema["properties"] === undefined ? "map of text to text" : "map";
    default:
      return stringOf(schema);
  }
}

// An object among several choices stands there whole: its fields have no rows of their own.
function choiceOf(schema: Schema): string {
  const properties = Object.entries(asSchema(schema["properties"]));
  if (properties.length === 0) return valueOf(schema);
  const fields = properties.map(([name, each]) => `\`${name}\`: ${valueOf(asSchema(each))}`);
  return `{ ${fields.join(", ")} }`;
}

function itemsOf(schema: Schema): string {
  return schema["type"] === "object" ? "maps" : "text";
}

function stringOf({ format, pattern }: Schema): string {
  if (format !== undefined) return text(format);
  // A backtick cannot stand in code; what has one in its pattern is explained by its field's name.
  return pattern === undefined || text(pattern).includes("`") ? "text" : `text like \`${text(pattern)}\``;
}

function boundsOf({ minimum, maximum }: Schema): string {
  const least = Number(minimum).toLocaleString("en");
  const isOpen = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
  return isOpen ? `${least} or more` : `${least} to ${Number(maximum).toLocaleString("en")}`;
}

function inJson(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
