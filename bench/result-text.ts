// Results as tables: for the terminal, and for the page.

import { table } from "../scripts/docs/markdown.ts";
import type { Budget, Case } from "./case.ts";
import type { Figure } from "./figure.ts";
import type { CaseResult } from "./results.ts";

/** A case's figures, one row each, and what they say of its budgets. */
export function resultText(each: Case, result: CaseResult): string {
  const columns = Object.entries(each.columns).filter(([column]) =>
    result.rows.some(({ figures }) => figures[column] !== undefined),
  );
  const rows = result.rows.map(({ name, figures }) => [
    name,
    ...columns.map(([column]) => figureText(figures[column])),
  ]);
  const refused = Object.entries(result.refused ?? {}).map(
    ([name, why]) => `Not timed: ${name}, since its proof failed (${why}).`,
  );
  const figures = table(["", ...columns.map(([, meaning]) => meaning)], rows);
  return [figures, ...refused, ...(result.note === undefined ? [] : [result.note])].join("\n\n");
}

/** A median, and the least and the greatest round where they differ. */
export function figureText(figure: Figure | undefined): string {
  if (figure === undefined) return "";
  const { median, low, high } = figure;
  return low === high ? numberText(median) : `${numberText(median)} (${numberText(low)}-${numberText(high)})`;
}

/** The figure that a budget is about; undefined where it was not measured. */
export function budgetFigure(budget: Budget, result: CaseResult | undefined): Figure | undefined {
  return result?.rows.find(({ name }) => name === budget.row)?.figures[budget.column];
}

function numberText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3);
}
