// What is changed most of a record, as fields above its text. They are a view of the text and nothing besides: what has
// no field is changed there.

import type { JSX } from "preact";

import { useKnown } from "../live/known.tsx";
import { type Json, fieldAt, isObject, withField } from "./record-fields.ts";

type Option = readonly [value: unknown, words: string];

const ON_OFF: readonly Option[] = [
  [true, "sent to https"],
  [false, "taken"],
];
const BALANCE: readonly Option[] = ["round-robin", "least-connections", "power-of-two"].map((name) => [
  name,
  name,
]);
const AFFINITY: readonly Option[] = [
  [{ mode: "none" }, "none"],
  [{ mode: "router-cookie" }, "router-cookie"],
];
const CLIENT_CERTIFICATE: readonly Option[] = [
  ["optional", "may be shown"],
  ["required", "must be shown"],
];

interface FormProps {
  readonly record: Json;
  readonly change: (record: Json) => void;
}

/** The fields of a policy; with those of a route's destinations where the record is a route's. */
export function PolicyForm({ record, change, isRoute }: FormProps & { isRoute: boolean }): JSX.Element {
  const part = { record, change, unset: isRoute ? "as the settings say" : "as built in" };
  return (
    <div class="stack">
      {isRoute && <Destinations record={record} change={change} />}
      <div class="fields">
        <Choice {...part} name="Balance" at={["balance"]} options={BALANCE} />
        <Choice {...part} name="Affinity" at={["affinity"]} options={AFFINITY} />
        <Choice {...part} name="Requests without TLS" at={["https", "redirect"]} options={ON_OFF} />
        <Choice
          {...part}
          name="A client's certificate"
          at={["https", "clientCertificate"]}
          options={CLIENT_CERTIFICATE}
        />
        <Amount {...part} name="Attempts" at={["retries", "attempts"]} />
        <Amount {...part} name="Answer within, ms" at={["timeouts", "answerHeadMs"]} />
        <Amount {...part} name="All within, ms" at={["timeouts", "exchangeMs"]} />
        <Amount {...part} name="Largest body, bytes" at={["limits", "maxBodyBytes"]} />
      </div>
    </div>
  );
}

interface FieldProps extends FormProps {
  readonly name: string;
  readonly at: readonly string[];
  /** What holds when it is not set. */
  readonly unset: string;
}

function Choice({
  record,
  change,
  name,
  at,
  unset,
  options,
}: FieldProps & { options: readonly Option[] }): JSX.Element {
  const value = fieldAt(record, at);
  const text = value === undefined ? "" : JSON.stringify(value);
  const isOther = text !== "" && options.every(([each]) => JSON.stringify(each) !== text);
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
        {isOther && <option value={text}>as the text says</option>}
      </select>
    </label>
  );
}

function Amount({ record, change, name, at, unset }: FieldProps): JSX.Element {
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

function Destinations({ record, change }: FormProps): JSX.Element {
  const { apps } = useKnown().world;
  const to: readonly unknown[] = Array.isArray(record["to"]) ? record["to"] : [];
  const put = (destinations: readonly unknown[]): void => change({ ...record, to: destinations });
  return (
    <fieldset class="destinations">
      <legend>Leads to</legend>
      <datalist id="known-apps">
        {apps.list.slice(0, MOST_NAMES).map(({ app }) => (
          <option key={app} value={app} />
        ))}
      </datalist>
      {to.map((destination, at) => (
        <Destination
          key={at}
          number={at + 1}
          destination={isObject(destination) ? destination : {}}
          change={(changed) => put(to.with(at, changed))}
          remove={to.length > 1 ? () => put(to.toSpliced(at, 1)) : undefined}
        />
      ))}
      <button type="button" onClick={() => put([...to, { app: "" }])}>
        Add an app
      </button>
    </fieldset>
  );
}

const MOST_NAMES = 1_000;

function Destination({
  number,
  destination,
  change,
  remove,
}: {
  number: number;
  destination: Json;
  change: (destination: Json) => void;
  remove: (() => void) | undefined;
}): JSX.Element {
  const set = (name: string, value: unknown): void => change(withField(destination, [name], value));
  const textOf = (name: string): string => {
    const value = destination[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  return (
    <div class="destination">
      <input
        aria-label={`App ${number}`}
        placeholder="app"
        list="known-apps"
        value={textOf("app")}
        onInput={({ currentTarget }) => set("app", currentTarget.value)}
      />
      <input
        aria-label={`Version ${number}`}
        placeholder="any version"
        value={textOf("version")}
        onInput={({ currentTarget }) => set("version", currentTarget.value || undefined)}
      />
      <input
        aria-label={`Weight ${number}`}
        type="number"
        min="0"
        step="any"
        placeholder="weight 1"
        value={textOf("weight")}
        onInput={({ currentTarget }) => set("weight", numberOf(currentTarget))}
      />
      <button
        type="button"
        aria-label={`Remove destination ${number}`}
        disabled={remove === undefined}
        onClick={remove}
      >
        ×
      </button>
    </div>
  );
}

function numberOf({ value, valueAsNumber }: HTMLInputElement): number | undefined {
  return value === "" || Number.isNaN(valueAsNumber) ? undefined : valueAsNumber;
}
