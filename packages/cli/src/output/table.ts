import { columnsOf, cutTo, padTo } from "./columns.ts";
import { paint, printable } from "./paint.ts";

/** Rows under headings. */
export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The headings of columns that are left out where the terminal is too narrow, the first of them first. */
  readonly spare?: readonly string[];
  /** The headings of columns that hold numbers: they end under each other. */
  readonly numbers?: readonly string[];
}

const GAP = "  ";
/** A column is cut to this before another is left out, and to the least one when none is left to leave out. */
const SHORT_COLUMN = 16;
const LEAST_COLUMN = 4;

/**
 * A table as text. With a width in columns: padded, under headings, the widest columns cut with `…` and spare ones left
 * out until every line fits. Without: the rows alone and whole, tab-separated, for `cut` and `awk`.
 */
export function renderTable(table: Table, width: number | undefined): string {
  const rows = table.rows.map((row) => row.map(printable));
  if (width === undefined) return rows.map((row) => `${row.join("\t")}\n`).join("");
  const all = [table.headings, ...rows];
  const natural = table.headings.map((_, column) =>
    all.reduce((most, row) => Math.max(most, columnsOf(row[column] ?? "")), 0),
  );
  const columns = fit(table, natural, width);
  const lines = all.map((row) => line(row, columns));
  return lines.map((text, index) => `${index === 0 ? paint("dim", text) : text}\n`).join("");
}

/** One column of the table that is shown. */
interface Column {
  readonly index: number;
  readonly isNumber: boolean;
  width: number;
}

function fit(
  { headings, spare = [], numbers = [] }: Table,
  natural: readonly number[],
  width: number,
): Column[] {
  const all = headings.map((heading, index) => ({
    index,
    isNumber: numbers.includes(heading),
    width: natural[index] ?? 0,
  }));
  for (let dropped = 0; dropped <= spare.length; dropped++) {
    const left = new Set(spare.slice(0, dropped));
    const columns = all
      .filter(({ index }) => !left.has(headings[index] ?? ""))
      .map((column) => ({ ...column }));
    const isLast = dropped === spare.length;
    if (shrink(columns, width, isLast ? LEAST_COLUMN : SHORT_COLUMN) || isLast) return columns;
  }
  return all;
}

/** Cuts the widest column, and again, until all fit or none is wider than `least`. */
function shrink(columns: readonly Column[], width: number, least: number): boolean {
  let over = columns.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length) - width;
  for (; over > 0; over--) {
    const widest = columns.reduce((most, column) => (column.width > most.width ? column : most));
    if (widest.width <= least) return false;
    widest.width -= 1;
  }
  return true;
}

function line(row: readonly string[], columns: readonly Column[]): string {
  return columns
    .map(({ index, width, isNumber }) =>
      padTo(cutTo(row[index] ?? "", width), width, isNumber ? "right" : "left"),
    )
    .join(GAP)
    .trimEnd();
}
