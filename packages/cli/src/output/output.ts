import { isatty } from "node:tty";

import { paint } from "./paint.ts";
import { type Table, renderTable } from "./table.ts";

const STDOUT = 1;

/** Where a command's results go. With `--json` stdout carries JSON and nothing else. */
export interface Output {
  readonly isJson: boolean;
  /** A person reads stdout. */
  readonly isTerminal: boolean;
  /** The result for machines; nothing without `--json`. */
  json(value: unknown): void;
  /** One of many results for machines, in a line; nothing without `--json`. */
  jsonLine(value: unknown): void;
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
  const isTerminal = isatty(STDOUT);
  const forPeople = (text: string): void => {
    if (!isJson) process.stdout.write(text);
  };
  const forMachines = (text: string): void => {
    if (isJson) process.stdout.write(text);
  };
  return {
    isJson,
    isTerminal,
    json: (value) => forMachines(`${JSON.stringify(value, undefined, 2)}\n`),
    jsonLine: (value) => forMachines(`${JSON.stringify(value)}\n`),
    line: (text = "") => forPeople(`${text}\n`),
    table: (table) => forPeople(renderTable(table, isTerminal ? process.stdout.columns : undefined)),
    hint: (text) => {
      if (isTerminal) forPeople(`${paint("dim", text)}\n`);
    },
    warn: (text) => {
      process.stderr.write(`wayleave: ${text}\n`);
    },
  };
}
