import { paint, printable } from "./paint.ts";

/** Rows under headings. */
export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const GAP = "  ";
const MIN_COLUMN = 4;

/**
 * A table as text. With a width in columns: padded, under headings, the widest columns cut with `…` until
 * every line fits. Without: the rows alone, tab-separated, for `cut` and `awk`.
 */
export function renderTable({ headings, rows }: Table, width: number | undefined): string {
  const cells = rows.map((row) => row.map(printable));
  if (width === undefined) return cells.map((row) => `${row.join("\t")}\n`).join("");
  const all = [headings, ...cells];
  const natural = headings.map((_, column) =>
    all.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  const widths = fit(natural, width - GAP.length * (headings.length - 1));
  const lines = all.map((row) => line(row, widths));
  return lines.map((text, index) => `${index === 0 ? paint("dim", text) : text}\n`).join("");
}

function line(row: readonly string[], widths: readonly number[]): string {
  return widths
    .map((width, column) => cut(row[column] ?? "", width).padEnd(width))
    .join(GAP)
    .trimEnd();
}

function fit(natural: readonly number[], total: number): number[] {
  const widths = [...natural];
  while (sum(widths) > total) {
    const widest = Math.max(...widths);
    if (widest <= MIN_COLUMN) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
