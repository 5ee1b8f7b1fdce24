import type { InstanceView, RouteView } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";

import { useConfirm } from "../act/confirming.tsx";
import { recordText } from "../act/preview.tsx";
import { formatCount, formatMs, grouped } from "../format/numbers.ts";
import { Flow } from "../flow/flow.tsx";
import { useKnown } from "../live/known.tsx";
import { HealthMark, LiveCount, Reasons } from "../parts/health.tsx";
import { NotFound } from "../parts/not-found.tsx";
import { hrefOf, useLocation } from "../shell/location.ts";
import { Ago, Errors } from "./routes.tsx";
import { InstanceTable, NoInstances } from "./instances.tsx";
import { RecentEvents } from "./recent-events.tsx";

/** One route: its traffic, where it leads and why, its instances, its record. */
export function Route(): JSX.Element {
  const { query } = useLocation();
  const { host, path } = { host: query.get("host") ?? "", path: query.get("path") ?? "/" };
  const { world } = useKnown();
  const route = world.routes.get(host + path);
  const instances = useInstancesOf(route);
  const events = useMemo(
    () => world.events.filter((event) => event.host === host && event.path === path),
    [world.events, host, path],
  );
  if (route === undefined) return <NotFound what={`route ${host}${path}`} list="routes" />;
  return (
    <div class="stack">
      <Title route={route} />
      {route.health.reasons.length > 0 && (
        <section class="sheet" aria-label="What is wrong">
          <Reasons reasons={route.health.reasons} />
        </section>
      )}
      <RouteFigures route={route} />
      <Flow route={route} instances={instances} />
      <InstanceTable instances={instances} empty={<NoInstances app={route.to[0]?.app ?? "shop"} />} />
      <div class="halves">
        <section class="sheet" aria-label="Record">
          <div class="sheet-head">
            <h2>Record</h2>
            <span class="quiet">written at revision {grouped(route.revision)}</span>
          </div>
          <pre class="record" tabIndex={0}>
            {recordText(recordOf(route))}
          </pre>
        </section>
        <RecentEvents events={events} name="Events of this route" filter={`host:${host}`} />
      </div>
    </div>
  );
}

function Title({ route }: { route: RouteView }): JSX.Element {
  const { host, path, health } = route;
  const confirm = useConfirm();
  const writable = useKnown().world.status?.writable;
  const why = writable?.isWritable === false ? (writable.why ?? "not writable") : undefined;
  return (
    <div class="title-line">
      <h1>
        {host}
        <span class="quiet">{path}</span>
      </h1>
      <HealthMark health={health} isPill />
      <div class="actions">
        <a class="button" href={hrefOf(["explain"], { url: `http://${host.replace("*", "any")}${path}` })}>
          Explain
        </a>
        <a class="button" href={hrefOf(["edit"], { host, path })}>
          Edit
        </a>
        <button
          type="button"
          class="grave"
          disabled={why !== undefined}
          title={why}
          onClick={() =>
            confirm({
              title: `Remove the route ${host}${path}?`,
              button: "Remove it",
              isGrave: true,
              write: { path: "/api/route", method: "DELETE", query: { host, path } },
              revision: route.revision,
            })
          }
        >
          Remove
        </button>
      </div>
    </div>
  );
}

function RouteFigures({ route }: { route: RouteView }): JSX.Element {
  const { figures, active, instances } = route;
  return (
    <dl class="facts figures sheet sheet-body">
      <Fact name="requests/s" value={formatCount(figures.requestsPerSecond)} />
      <Fact
        name="errors"
        value={<Errors share={figures.errorShare} isIdle={figures.requestsPerSecond === 0} />}
      />
      <Fact name="p50" value={formatMs(figures.p50Ms)} />
      <Fact name="p95" value={formatMs(figures.p95Ms)} />
      <Fact name="p99" value={formatMs(figures.p99Ms)} />
      <Fact name="last request" value={<Ago at={figures.lastRequestAt} />} />
      <Fact name="running" value={active} />
      <Fact name="live instances" value={<LiveCount counts={instances} />} />
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: JSX.Element | string | number }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function useInstancesOf(route: RouteView | undefined): readonly InstanceView[] {
  const { list } = useKnown().world.instances;
  return useMemo(() => {
    const apps = new Set(route?.to.map(({ app }) => app));
    return list.filter(({ app }) => apps.has(app));
  }, [list, route]);
}

/** What a route's view adds to its record. */
const ADDED: ReadonlySet<string> = new Set([
  "host",
  "path",
  "revision",
  "instances",
  "active",
  "health",
  "figures",
  "exchanges",
]);

function recordOf(route: RouteView): object {
  return Object.fromEntries(Object.entries(route).filter(([name]) => !ADDED.has(name)));
}
