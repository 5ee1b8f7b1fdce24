import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { onKeys } from "../shell/keys.ts";
import { changeQuery } from "../shell/location.ts";

/** The filter of a table; `/` leads to it, Escape leaves it. */
export function FilterField({
  value,
  name,
  facts,
}: {
  value: string;
  name: string;
  facts: string | undefined;
}): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => onKeys({ "/": () => field.current?.select() }), []);
  return (
    <input
      ref={field}
      class="filter"
      type="search"
      value={value}
      aria-label={`Filter ${name}`}
      placeholder={facts === undefined ? "Filter  /" : `Filter  /   e.g. ${facts}`}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => changeQuery({ filter: event.currentTarget.value })}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
