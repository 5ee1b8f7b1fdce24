// Single fields of a record that is a text: what the form shows and changes is the text's own.

/** An object of JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is an object of JSON, and no list. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path of names; undefined: nothing. */
export function fieldAt(record: Json, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), record);
}

/** The record with another value at a path; undefined takes the field out, and what is empty without it. */
export function withField(record: Json, path: readonly string[], value: unknown): Json {
  const [name = "", ...rest] = path;
  const inner = record[name];
  const next = rest.length === 0 ? value : withField(isObject(inner) ? inner : {}, rest, value);
  const isNothing =
    next === undefined || (rest.length > 0 && isObject(next) && Object.keys(next).length === 0);
  const { [name]: _, ...others } = record;
  // A field that stays keeps its place in the text.
  return isNothing ? others : { ...record, [name]: next };
}
