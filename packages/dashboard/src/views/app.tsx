import type { JSX } from "preact";
import { useMemo } from "preact/hooks";

import { useKnown } from "../live/known.tsx";
import { HealthMark, LiveCount, Reasons } from "../parts/health.tsx";
import { NotFound } from "../parts/not-found.tsx";
import { useLocation } from "../shell/location.ts";
import { InstanceTable, NoInstances } from "./instances.tsx";
import { RecentEvents } from "./recent-events.tsx";
import { RouteList } from "./route-list.tsx";

/** One app: how it is, its instances, and the routes that lead to it. */
export function App(): JSX.Element {
  const name = useLocation().query.get("app") ?? "";
  const { world } = useKnown();
  const app = world.apps.get(name);
  const { list } = world.instances;
  const instances = useMemo(() => list.filter((each) => each.app === name), [list, name]);
  const events = useMemo(() => world.events.filter((event) => event.app === name), [world.events, name]);
  if (app === undefined) return <NotFound what={`app ${name}`} list="apps" />;
  return (
    <div class="stack">
      <div class="title-line">
        <h1>{name}</h1>
        <HealthMark health={app.health} isPill />
        <span>
          <LiveCount counts={app.instances} /> <span class="quiet">live</span>
        </span>
      </div>
      {app.health.reasons.length > 0 && (
        <section class="sheet" aria-label="What is wrong">
          <Reasons reasons={app.health.reasons} />
        </section>
      )}
      <InstanceTable instances={instances} empty={<NoInstances app={name} />} />
      <div class="halves">
        <RoutesTo app={name} />
        <RecentEvents events={events} name="Events of this app" filter={`app:${name}`} />
      </div>
    </div>
  );
}

function RoutesTo({ app }: { app: string }): JSX.Element {
  const { list } = useKnown().world.routes;
  const routes = useMemo(
    () => list.filter(({ to }) => to.some((each) => each.app === app)).slice(0, MOST),
    [list, app],
  );
  return (
    <section class="sheet" aria-label="Routes that lead here">
      <h2>Routes that lead here</h2>
      {routes.length === 0 ? (
        <div class="empty">
          <p>No route leads to this app: it gets no requests. Make one:</p>
          <code class="command">npx wayleave routes set HOST --to {app}</code>
        </div>
      ) : (
        <RouteList routes={routes} hasHealth />
      )}
    </section>
  );
}

const MOST = 100;
