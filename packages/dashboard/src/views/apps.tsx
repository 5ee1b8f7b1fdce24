import type { AppView } from "@wayleave/records/api";
import type { JSX } from "preact";

import { RANK } from "../format/states.ts";
import { useKnown } from "../live/known.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { HealthMark } from "../parts/health.tsx";
import { LIVE_COLUMN } from "../parts/live-column.tsx";
import { appHref } from "../parts/links.tsx";
import { cached, type Findable } from "../parts/rows.ts";
import { hrefOf } from "../shell/location.ts";
import { NoInstances } from "./instances.tsx";

const COLUMNS: readonly Column<AppView>[] = [
  {
    id: "health",
    title: "Health",
    order: ({ health }) => RANK[health.level],
    cell: ({ health }) => <HealthMark health={health} />,
  },
  {
    id: "app",
    title: "App",
    isWide: true,
    order: ({ app }) => app,
    cell: ({ app }) => <a href={appHref(app)}>{app}</a>,
  },
  LIVE_COLUMN,
  ...(["draining", "ejected", "suspect"] as const).map((condition): Column<AppView> => ({
    id: condition,
    title: condition[0]?.toUpperCase() + condition.slice(1),
    isNumber: true,
    keep: 2,
    order: ({ instances }) => instances[condition],
    cell: ({ instances }) => (
      <span class={instances[condition] === 0 ? "quiet" : "strong"}>{instances[condition]}</span>
    ),
  })),
  {
    id: "active",
    title: "Running",
    hint: "Requests that run now",
    isNumber: true,
    keep: 2,
    order: ({ active }) => active,
    cell: ({ active }) => active,
  },
  {
    id: "routes",
    title: "Routes",
    isNumber: true,
    order: ({ routes }) => routes,
    cell: ({ app, routes }) => <a href={hrefOf(["routes"], { filter: `app:${app}` })}>{routes}</a>,
  },
];

const findable = cached(({ app, health }: AppView): Findable => ({
  text: app.toLowerCase(),
  facts: { health: health.level },
}));

/** All apps that have instances or that a route leads to. */
export function Apps(): JSX.Element {
  return (
    <DataTable
      name="apps"
      rows={useKnown().world.apps.list}
      columns={COLUMNS}
      keyOf={({ app }) => app}
      find={findable}
      order="-health"
      facts="health:down"
      empty={<NoInstances app="shop" />}
    />
  );
}
