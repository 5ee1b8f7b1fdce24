import type { JSX } from "preact";

import { useKnown } from "../live/known.tsx";
import { type FormProps, numberOf } from "./form-fields.tsx";
import { type Json, isObject, withField } from "./record-fields.ts";

const MOST_NAMES = 1_000;

/** Where a route leads to: its apps, their versions and weights. */
export function Destinations({ record, change }: FormProps): JSX.Element {
  const { apps } = useKnown().world;
  const to: readonly unknown[] = Array.isArray(record["to"]) ? record["to"] : [];
  const put = (destinations: readonly unknown[]): void => change({ ...record, to: destinations });
  return (
    <fieldset class="part">
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
