// The inputs of a form whose state is a record: each shows one field of it, and changes that one.

import type { JSX } from "preact";

import { type Json, fieldAt, isObject, withField } from "./record-fields.ts";

/** What can be chosen, its words, and the field in it that has an input of its own. */
export type Option = readonly [value: unknown, words: string, free?: readonly string[]];

/** The record that a form shows, and who takes what it becomes. */
export interface FormProps {
  readonly record: Json;
  readonly change: (record: Json) => void;
}

/** One field of it: its name for people, and where it stands. */
export interface FieldProps extends FormProps {
  readonly name: string;
  readonly at: readonly string[];
  /** What holds when it is not set. */
  readonly unset: string;
}

/** One value of a few; another one that the record has is kept until one of them is chosen. */
export function Choice({
  record,
  change,
  name,
  at,
  unset,
  options,
}: FieldProps & { options: readonly Option[] }): JSX.Element {
  const value = fieldAt(record, at);
  const chosen = options.find((option) => isOf(value, option));
  const text = value === undefined ? "" : JSON.stringify(chosen === undefined ? value : chosen[0]);
  return (
    <label class="field">
      {name}
      <select
        value={text}
        onChange={({ currentTarget }) =>
          change(
            withField(record, at, currentTarget.value === "" ? undefined : JSON.parse(currentTarget.value)),
          )
        }
      >
        <option value="">{unset}</option>
        {options.map(([each, words]) => (
          <option key={words} value={JSON.stringify(each)}>
            {words}
          </option>
        ))}
        {text !== "" && chosen === undefined && <option value={text}>as the text says</option>}
      </select>
    </label>
  );
}

/** A number. */
export function Amount({ record, change, name, at, unset }: FieldProps): JSX.Element {
  const value = fieldAt(record, at);
  return (
    <label class="field">
      {name}
      <input
        type="number"
        min="0"
        value={typeof value === "number" ? value : ""}
        placeholder={unset}
        onInput={({ currentTarget }) => change(withField(record, at, numberOf(currentTarget)))}
      />
    </label>
  );
}

/** A text of one line, or a list with commas in it; `read` makes the value of it, by default none of nothing. */
export function Words({
  record,
  change,
  name,
  at,
  unset,
  read = unlessEmpty,
}: FieldProps & { read?: (text: string) => unknown }): JSX.Element {
  const value = fieldAt(record, at);
  return (
    <label class="field">
      {name}
      <input
        value={Array.isArray(value) ? value.join(",") : textOf(value)}
        placeholder={unset}
        spellcheck={false}
        onInput={({ currentTarget }) => change(withField(record, at, read(currentTarget.value)))}
      />
    </label>
  );
}

/** A text of many lines. */
export function Lines({ record, change, name, at, unset }: FieldProps): JSX.Element {
  const value = fieldAt(record, at);
  return (
    <label class="field">
      {name}
      <textarea
        rows={2}
        value={textOf(value)}
        placeholder={unset}
        spellcheck={false}
        onInput={({ currentTarget }) => change(withField(record, at, unlessEmpty(currentTarget.value)))}
      />
    </label>
  );
}

/** What an input of a number says; undefined: nothing. */
export function numberOf({ value, valueAsNumber }: HTMLInputElement): number | undefined {
  return value === "" || Number.isNaN(valueAsNumber) ? undefined : valueAsNumber;
}

/** The names in a text with commas. A comma that was just typed stays, with an empty name behind it. */
export function namesIn(text: string): string[] {
  return text === "" ? [] : text.split(",").map((name) => name.trim());
}

function isOf(value: unknown, [each, , free]: Option): boolean {
  if (free === undefined || !isObject(value) || !isObject(each) || fieldAt(value, free) === undefined) {
    return JSON.stringify(value) === JSON.stringify(each);
  }
  return JSON.stringify(withField(value, free, fieldAt(each, free))) === JSON.stringify(each);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function unlessEmpty(text: string): string | undefined {
  return text === "" ? undefined : text;
}
