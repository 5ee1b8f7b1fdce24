import type { RouteView } from "@wayleave/records/api";
import type { JSX } from "preact";

import { formatCount, formatMs } from "../format/numbers.ts";
import { routeKey } from "../live/world.ts";
import { HealthMark } from "../parts/health.tsx";
import { RouteLink } from "../parts/links.tsx";
import { Errors } from "./routes.tsx";

/** A few routes with their traffic, in the order given; with their health where that is asked for. */
export function RouteList({
  routes,
  hasHealth = false,
}: {
  routes: readonly RouteView[];
  hasHealth?: boolean;
}): JSX.Element {
  return (
    <table class="data">
      <thead>
        <tr>
          {hasHealth && <th scope="col">Health</th>}
          <th scope="col">Route</th>
          <th scope="col" class="number">
            Requests/s
          </th>
          <th scope="col" class="number">
            Errors
          </th>
          <th scope="col" class="number">
            p99
          </th>
        </tr>
      </thead>
      <tbody>
        {routes.map((route) => (
          <RouteRow key={routeKey(route)} route={route} hasHealth={hasHealth} />
        ))}
      </tbody>
    </table>
  );
}

function RouteRow({ route, hasHealth }: { route: RouteView; hasHealth: boolean }): JSX.Element {
  const { health, figures } = route;
  return (
    <tr>
      {hasHealth && (
        <td>
          <HealthMark health={health} />
        </td>
      )}
      <td class="wide">
        <RouteLink {...route} />
      </td>
      <td class="number">{formatCount(figures.requestsPerSecond)}</td>
      <td class="number">
        <Errors share={figures.errorShare} isIdle={figures.requestsPerSecond === 0} />
      </td>
      <td class="number">{formatMs(figures.p99Ms)}</td>
    </tr>
  );
}
