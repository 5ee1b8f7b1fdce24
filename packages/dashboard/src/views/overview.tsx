import type { RouteView, Status, Totals } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";

import { counted, formatCount, formatMs, grouped } from "../format/numbers.ts";
import { formatDuration } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";
import { Chart } from "../parts/chart.tsx";
import { Reasons } from "../parts/health.tsx";
import { Mark } from "../parts/mark.tsx";
import { hrefOf } from "../shell/location.ts";
import { RecentEvents } from "./recent-events.tsx";
import { RouteList } from "./route-list.tsx";

const CHART_SECONDS = 300;
const MOST_BUSY = 8;

/** Home: what is wrong first, then how much goes through, what is busiest, and what just happened. */
export function Overview(): JSX.Element {
  const { world } = useKnown();
  const { status } = world;
  return (
    <div class="stack">
      {status !== undefined && <HealthSheet status={status} />}
      <Charts totals={world.totals} />
      <div class="halves">
        <Busiest />
        <RecentEvents events={world.events} name="Recent events" />
      </div>
    </div>
  );
}

function HealthSheet({ status }: { status: Status }): JSX.Element {
  const { reasons } = status.health;
  return (
    <section class="sheet" aria-labelledby="health">
      <div class="sheet-head">
        <h2 id="health">{reasons.length === 0 ? "Health" : "What is wrong"}</h2>
        <Facts status={status} />
      </div>
      {reasons.length === 0 ? (
        <p class="sheet-body">
          <Mark tone="ok" word={allIsWell(status)} />
        </p>
      ) : (
        <Reasons reasons={reasons} />
      )}
    </section>
  );
}

function allIsWell({ routes, apps, instances }: Status): string {
  if (routes === 0) return "Nothing is wrong. There is no route yet.";
  return `Nothing is wrong: every one of ${counted(routes, "routes")} leads to a live instance (${counted(apps, "apps")}, ${counted(instances, "instances")}).`;
}

function Facts({ status }: { status: Status }): JSX.Element {
  const { world } = useKnown();
  const up = useNow() + world.clockOffsetMs - Date.parse(status.since);
  const { routes, apps, instances, connections, workers } = status;
  const facts: readonly (readonly [name: string, value: string, steps?: string])[] = [
    ["routes", grouped(routes), "routes"],
    ["apps", grouped(apps), "apps"],
    ["instances", grouped(instances), "instances"],
    ["connections", grouped(connections)],
    ["workers", workers.length === 0 ? "in one process" : String(workers.length), "replicas"],
    ["up for", formatDuration(up)],
  ];
  return (
    <dl class="line-facts">
      {facts.map(([name, value, steps]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{steps === undefined ? value : <a href={hrefOf([steps])}>{value}</a>}</dd>
        </div>
      ))}
    </dl>
  );
}

function Charts({ totals }: { totals: readonly Totals[] }): JSX.Element {
  const shown = useMemo(() => {
    const last = totals.slice(-CHART_SECONDS);
    return {
      times: last.map(({ at }) => at / 1_000),
      requests: last.map((one) => one.requestsPerSecond),
      errors: last.map((one) => one.errorsPerSecond),
      p50: last.map((one) => one.p50Ms),
      p95: last.map((one) => one.p95Ms),
      p99: last.map((one) => one.p99Ms),
    };
  }, [totals]);
  const { times } = shown;
  return (
    <div class="charts">
      <Chart
        title="Requests a second"
        times={times}
        lines={[{ title: "all", values: shown.requests, colour: "accent" }]}
        format={formatCount}
      />
      <Chart
        title="Errors a second"
        times={times}
        lines={[{ title: "5xx and cut", values: shown.errors, colour: "bad" }]}
        format={formatCount}
      />
      <Chart
        title="Latency"
        times={times}
        lines={[
          { title: "p50", values: shown.p50, colour: "accent" },
          { title: "p95", values: shown.p95, colour: "info" },
          { title: "p99", values: shown.p99, colour: "warn" },
        ]}
        format={formatMs}
      />
    </div>
  );
}

function Busiest(): JSX.Element {
  const { list } = useKnown().world.routes;
  const busy = useMemo(() => busiest(list), [list]);
  return (
    <section class="sheet" aria-labelledby="busiest">
      <div class="sheet-head">
        <h2 id="busiest">Busiest routes</h2>
        <a class="quiet" href={hrefOf(["routes"], { sort: "-rate" })}>
          all routes
        </a>
      </div>
      {busy.length === 0 ? (
        <p class="empty">No request in the last 10 seconds.</p>
      ) : (
        <RouteList routes={busy} />
      )}
    </section>
  );
}

function busiest(routes: readonly RouteView[]): RouteView[] {
  return routes
    .filter(({ figures }) => figures.requestsPerSecond > 0)
    .toSorted((a, b) => b.figures.requestsPerSecond - a.figures.requestsPerSecond)
    .slice(0, MOST_BUSY);
}
