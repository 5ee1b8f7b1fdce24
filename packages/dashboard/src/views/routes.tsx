import type { RouteView } from "@wayleave/records/api";
import type { JSX } from "preact";

import { formatCount, formatMs, formatShare } from "../format/numbers.ts";
import { RANK } from "../format/states.ts";
import { formatAgo } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";
import { routeKey } from "../live/world.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { HealthMark } from "../parts/health.tsx";
import { LIVE_COLUMN } from "../parts/live-column.tsx";
import { Destinations, RouteLink } from "../parts/links.tsx";
import { cached, type Findable } from "../parts/rows.ts";
import { hrefOf } from "../shell/location.ts";

const COLUMNS: readonly Column<RouteView>[] = [
  {
    id: "health",
    title: "Health",
    order: ({ health }) => RANK[health.level],
    cell: ({ health }) => <HealthMark health={health} />,
  },
  { id: "route", title: "Route", isWide: true, order: routeKey, cell: (route) => <RouteLink {...route} /> },
  {
    id: "to",
    title: "Leads to",
    keep: 3,
    isWide: true,
    order: ({ to }) => to[0]?.app,
    cell: ({ to }) => <Destinations to={to} />,
  },
  {
    id: "rate",
    title: "Req/s",
    hint: "Requests a second, over the last 10 seconds",
    isNumber: true,
    order: ({ figures }) => figures.requestsPerSecond,
    cell: ({ figures }) => dimZero(figures.requestsPerSecond, formatCount(figures.requestsPerSecond)),
  },
  {
    id: "errors",
    title: "Errors",
    hint: "5xx and cut answers, of all requests of the last 10 seconds",
    isNumber: true,
    keep: 2,
    order: ({ figures }) => figures.errorShare,
    cell: ({ figures }) => <Errors share={figures.errorShare} isIdle={figures.requestsPerSecond === 0} />,
  },
  ...(["p50", "p95", "p99"] as const).map((name): Column<RouteView> => ({
    id: name,
    title: name,
    isNumber: true,
    keep: name === "p95" ? 2 : 3,
    order: ({ figures }) => figures[`${name}Ms`],
    cell: ({ figures }) => formatMs(figures[`${name}Ms`]),
  })),
  {
    id: "last",
    title: "Last request",
    isNumber: true,
    keep: 3,
    order: ({ figures }) => figures.lastRequestAt,
    cell: ({ figures }) => <Ago at={figures.lastRequestAt} />,
  },
  {
    id: "active",
    title: "Running",
    isNumber: true,
    keep: 3,
    order: ({ active }) => active,
    cell: ({ active }) => dimZero(active, String(active)),
  },
  LIVE_COLUMN,
];

/** What a route is found by; kept for as long as its row is the same. */
const findable = cached(({ host, path, to, labels = {}, health }: RouteView): Findable => ({
  text: `${host}${path} ${to.map(({ app, version }) => `${app}@${version ?? ""}`).join(" ")}`.toLowerCase(),
  facts: {
    health: health.level,
    host: host.toLowerCase(),
    app: to.map(({ app }) => app).join(" "),
    label: Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`.toLowerCase())
      .join(" "),
  },
}));

/** All routes, with their traffic and their health. */
export function Routes(): JSX.Element {
  const { world } = useKnown();
  return (
    <DataTable
      name="routes"
      rows={world.routes.list}
      columns={COLUMNS}
      keyOf={routeKey}
      find={findable}
      order="-health"
      facts="shop health:down"
      empty={
        <>
          <p>There is no route yet. Make one:</p>
          <code class="command">npx wayleave routes set shop.example.com --to shop</code>
        </>
      }
    >
      <div class="actions">
        <a class="button" href={hrefOf(["edit"])}>
          New route
        </a>
      </div>
    </DataTable>
  );
}

/** A share of errors; a dash where there was no request. */
export function Errors({ share, isIdle }: { share: number; isIdle: boolean }): JSX.Element {
  if (isIdle) return <span class="quiet">–</span>;
  return <span class={share > 0 ? "bad-text strong" : "quiet"}>{formatShare(share)}</span>;
}

/** How long ago, counting on. */
export function Ago({ at }: { at: number | null }): JSX.Element {
  const { clockOffsetMs } = useKnown().world;
  return <>{formatAgo(at, useNow() + clockOffsetMs)}</>;
}

function dimZero(value: number, text: string): JSX.Element {
  return <span class={value === 0 ? "quiet" : ""}>{text}</span>;
}
