// How the answer of /api/explain is shown.

import type { Balance, Destination } from "@wayleave/records";
import type { JSX } from "preact";

import { formatShare, grouped } from "../format/numbers.ts";
import { formatDuration } from "../format/times.ts";
import { appHref, instanceHref, RouteLink } from "../parts/links.tsx";
import { Mark, type Tone } from "../parts/mark.tsx";

/** The answer: see `Explanation` of the router's table. */
export interface Explained {
  readonly explanation: {
    readonly revision: number;
    readonly host: string;
    readonly path: string;
    readonly hosts: readonly { readonly host: string; readonly outcome: string }[];
    readonly paths: readonly { readonly path: string; readonly outcome: string }[];
    readonly otherPaths: number;
    readonly route: { readonly host: string; readonly path: string } | null;
    readonly balance: Balance | null;
    readonly affinity: "kept" | "replaced" | null;
    readonly destinations: readonly ExplainedDestination[];
    readonly picked: { readonly app: string; readonly id: string; readonly authority: string } | null;
    readonly failure: string | null;
  };
}

interface ExplainedDestination extends Destination {
  readonly share: number;
  readonly outcome: string;
  readonly usesEjected: boolean;
  readonly instances: readonly {
    readonly id: string;
    readonly authority: string;
    readonly version: string | null;
    readonly zone: string | null;
    readonly active: number;
    readonly outcome: string;
    readonly ejectedForMs: number | null;
    readonly tlsFailure: string | null;
  }[];
}

const WORDS: Readonly<Record<string, readonly [Tone, string]>> = {
  decides: ["ok", "decides: the most specific host"],
  "less-specific": ["idle", "less specific"],
  chosen: ["ok", "chosen: the longest prefix"],
  shorter: ["idle", "a prefix too, but shorter"],
  "no-prefix": ["idle", "no prefix of this path"],
  picked: ["ok", "picked"],
  "may-serve": ["idle", "may serve; not its turn"],
  draining: ["info", "draining"],
  ejected: ["bad", "ejected"],
  suspect: ["warn", "suspect: a last choice"],
  "other-zone": ["idle", "in another zone"],
  "other-version": ["idle", "of another version"],
  "weight-0": ["idle", "weight 0"],
  unshared: ["idle", "its destination has no share"],
  saturated: ["warn", "at its connection limit"],
};

/** Which route and why, which instance and why, and why the others lost. */
export function Explanation({ explanation }: Explained): JSX.Element {
  const { host, path, revision, route, hosts, paths, otherPaths, destinations } = explanation;
  return (
    <div class="stack">
      <section class="sheet sheet-body verdict" role="status">
        <Verdict explanation={explanation} />
        <p class="quiet">
          Host <code>{host}</code>, path <code>{path}</code>, at revision {grouped(revision)}
        </p>
      </section>
      <div class="halves">
        <Outcomes
          title="Hosts that match"
          rows={hosts.map(({ host: name, outcome }) => ({ name, outcome }))}
          none="No route has this host, nor a wildcard that covers it."
        />
        <Outcomes
          title={`Paths of ${route?.host ?? hosts[0]?.host ?? "the host"}`}
          rows={paths.map(({ path: name, outcome }) => ({ name, outcome }))}
          none="No host decides, so no path was looked at."
          more={otherPaths}
        />
      </div>
      {destinations.map((destination) => (
        <DestinationSheet key={`${destination.app}@${destination.version}`} destination={destination} />
      ))}
    </div>
  );
}

function Verdict({ explanation: { route, picked, failure, balance, affinity } }: Explained): JSX.Element {
  if (route === null)
    return <Mark tone="bad" word={`404 ${failure ?? "unknown-route"}: no route takes it`} />;
  const by =
    affinity === "kept" ? "its cookie says so" : typeof balance === "object" ? "by hash" : `by ${balance}`;
  return (
    <p>
      <RouteLink {...route} />
      <span class="quiet"> → </span>
      {picked === null ? (
        <Mark tone="bad" word={`503 ${failure}`} />
      ) : (
        <>
          <a href={instanceHref(picked)} class="strong">
            {picked.app}/{picked.id}
          </a>{" "}
          <span class="quiet">
            at {picked.authority}, {by}
            {affinity === "replaced" && "; its cookie's instance is gone"}
          </span>
        </>
      )}
    </p>
  );
}

function Outcomes({
  title,
  rows,
  none,
  more = 0,
}: {
  title: string;
  rows: readonly { name: string; outcome: string }[];
  none: string;
  more?: number;
}): JSX.Element {
  return (
    <section class="sheet" aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="empty">{none}</p>
      ) : (
        <ul class="outcomes">
          {rows.map(({ name, outcome }) => (
            <li key={name}>
              <code>{name}</code>
              <OutcomeMark outcome={outcome} />
            </li>
          ))}
          {more > 0 && <li class="quiet">and {grouped(more)} more</li>}
        </ul>
      )}
    </section>
  );
}

function DestinationSheet({ destination }: { destination: ExplainedDestination }): JSX.Element {
  const { app, version, share, outcome, usesEjected, instances } = destination;
  return (
    <section class="sheet" aria-label={`Destination ${app} ${version ?? ""}`}>
      <div class="sheet-head">
        <h2>
          <a href={appHref(app)}>{app}</a>
          {typeof version === "string" && <span class="quiet">@{version}</span>}
        </h2>
        <span class="quiet">
          {formatShare(share)} by weight, {outcome === "picked" ? "picked" : "passed over"}
          {usesEjected && "; too many are ejected, so that ejection does not count"}
        </span>
      </div>
      {instances.length === 0 ? (
        <p class="empty">It has no instance.</p>
      ) : (
        <table class="data">
          <thead>
            <tr>
              <th scope="col">Why</th>
              <th scope="col">Instance</th>
              <th scope="col" class="keep-2">
                Address
              </th>
              <th scope="col" class="keep-2">
                Version
              </th>
              <th scope="col" class="number">
                Running
              </th>
            </tr>
          </thead>
          <tbody>
            {instances.map((instance) => (
              <tr key={instance.id}>
                <td>
                  <OutcomeMark outcome={instance.outcome} ejectedForMs={instance.ejectedForMs} />
                  {instance.tlsFailure !== null && (
                    <span class="quiet"> TLS handshake failed: {instance.tlsFailure}</span>
                  )}
                </td>
                <td class="wide">
                  <a href={instanceHref({ app, id: instance.id })}>{instance.id}</a>
                </td>
                <td class="keep-2">{instance.authority}</td>
                <td class="keep-2">{instance.version ?? "–"}</td>
                <td class="number">{instance.active}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function OutcomeMark({
  outcome,
  ejectedForMs = null,
}: {
  outcome: string;
  ejectedForMs?: number | null;
}): JSX.Element {
  const [tone, word] = WORDS[outcome] ?? ["idle", outcome];
  return (
    <Mark tone={tone} word={ejectedForMs === null ? word : `${word} for ${formatDuration(ejectedForMs)}`} />
  );
}
