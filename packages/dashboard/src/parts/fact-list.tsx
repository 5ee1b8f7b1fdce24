import type { JSX } from "preact";

/** What is known of one thing, and its name. */
export type Fact = readonly [name: string, value: JSX.Element | string | number];

/** Facts of one thing, one below the other; `isSheet`: they are a sheet of their own. */
export function FactList({
  facts,
  isSheet = true,
}: {
  facts: readonly Fact[];
  isSheet?: boolean;
}): JSX.Element {
  return (
    <dl class={isSheet ? "facts sheet sheet-body" : "facts sheet-body"}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
