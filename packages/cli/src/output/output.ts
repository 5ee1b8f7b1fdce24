import { paint } from "./paint.ts";
import { type Table, renderTable } from "./table.ts";

/** Where a command's results go. With `--json` stdout carries one JSON value and nothing else. */
export interface Output {
  readonly isJson: boolean;
  /** The result for machines; nothing without `--json`. */
  json(value: unknown): void;
  /** A line of the result for people; nothing with `--json`. */
  line(text?: string): void;
  /** Rows for people, or tab-separated for a pipe; nothing with `--json`. */
  table(table: Table): void;
  /** What to do next: on a terminal only. */
  hint(text: string): void;
  /** A line on stderr that is no error. */
  warn(text: string): void;
}

/** The output of one run. */
export function createOutput({ isJson }: { isJson: boolean }): Output {
  const forPeople = (text: string): void => {
    if (!isJson) process.stdout.write(text);
  };
  return {
    isJson,
    json: (value) => {
      if (isJson) process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    },
    line: (text = "") => forPeople(`${text}\n`),
    table: (table) =>
      forPeople(renderTable(table, process.stdout.isTTY ? process.stdout.columns : undefined)),
    hint: (text) => {
      if (process.stdout.isTTY) forPeople(`${paint("dim", text)}\n`);
    },
    warn: (text) => {
      process.stderr.write(`wayleave: ${text}\n`);
    },
  };
}
