// Links to things by their names.

import type { Destination } from "@wayleave/records";
import type { JSX } from "preact";

import { hrefOf } from "../shell/location.ts";

interface Place {
  readonly host: string;
  readonly path: string;
}

export const routeHref = ({ host, path }: Place): string => hrefOf(["route"], { host, path });
export const appHref = (app: string): string => hrefOf(["app"], { app });
export const instanceHref = ({ app, id }: { app: string; id: string }): string =>
  hrefOf(["instance"], { app, id });

export const certificateHref = (name: string): string => hrefOf(["certificate"], { name });

/** A route by its host and path; the path of a whole host is left quiet. */
export function RouteLink({ host, path }: Place): JSX.Element {
  return (
    <a href={routeHref({ host, path })} title={host + path}>
      {host}
      <span class={path === "/" ? "quiet" : ""}>{path}</span>
    </a>
  );
}

/** The apps that a route leads to, with their version and, when there are more of them, their share. */
export function Destinations({ to }: { to: readonly Destination[] }): JSX.Element {
  const sum = to.reduce((total, { weight = 1 }) => total + weight, 0);
  return (
    <>
      {to.map(({ app, version, weight = 1 }, at) => (
        <span key={`${app}@${version}`}>
          {at > 0 && ", "}
          <a href={appHref(app)}>{app}</a>
          {version !== undefined && <span class="quiet">@{version}</span>}
          {to.length > 1 && <span class="quiet"> {Math.round((100 * weight) / (sum || 1))} %</span>}
        </span>
      ))}
    </>
  );
}
