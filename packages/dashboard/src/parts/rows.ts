// What a table shows of its rows: those that pass the filter, in the order asked for. Pure.

/** What a row can be found by: words, and facts that are asked for by name (`health:down`). Both in lower case. */
export interface Findable {
  readonly text: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** A value to order by; what is missing comes last in either direction. */
export type Orderable = string | number | null | undefined;

/**
 * Whether a row passes a filter: every word of it must be found. `word` is in the text, `name:word` in that fact, and
 * `-` before either excludes.
 */
export function passes(row: Findable, filter: string): boolean {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((term) => term !== "" && term !== "-")
    .every((term) => (term.startsWith("-") ? !isFound(row, term.slice(1)) : isFound(row, term)));
}

/** The rows in order; equal ones stay as they are. */
export function ordered<Row>(
  rows: readonly Row[],
  value: (row: Row) => Orderable,
  isDescending: boolean,
): Row[] {
  const sign = isDescending ? -1 : 1;
  return rows
    .map((row) => ({ row, by: value(row) }))
    .toSorted((a, b) => compare(a.by, b.by, sign))
    .map(({ row }) => row);
}

/** The rows that are in sight, and a few beyond; `from` inclusive, `to` exclusive. Sizes in pixels. */
export function inSight(
  count: number,
  { rowHeight, top, height }: { rowHeight: number; top: number; height: number },
): { from: number; to: number } {
  const from = Math.floor(top / rowHeight) - BEYOND;
  const to = Math.ceil((top + height) / rowHeight) + BEYOND;
  return { from: Math.max(0, Math.min(from, count)), to: Math.max(0, Math.min(to, count)) };
}

const BEYOND = 8;

function isFound({ text, facts }: Findable, term: string): boolean {
  const colon = term.indexOf(":");
  const fact = colon > 0 ? facts[term.slice(0, colon)] : undefined;
  return fact === undefined ? text.includes(term) : fact.includes(term.slice(colon + 1));
}

function compare(a: Orderable, b: Orderable, sign: number): number {
  const isMissing = (value: Orderable): boolean => value === null || value === undefined;
  if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * COLLATOR.compare(String(a), String(b));
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

/** The same function, which remembers its answer for as long as a row is the same object. */
export function cached<Row extends object, Value>(make: (row: Row) => Value): (row: Row) => Value {
  const known = new WeakMap<Row, Value>();
  return (row) => {
    const value = known.get(row) ?? make(row);
    known.set(row, value);
    return value;
  };
}
