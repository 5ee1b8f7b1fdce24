import type { LiveEvent } from "@wayleave/records/api";
import type { JSX } from "preact";

import { grouped } from "../format/numbers.ts";
import { toneOfEvent } from "../format/states.ts";
import { formatTime } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";
import { instanceKey } from "../live/world.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { appHref, certificateHref, instanceHref, routeHref } from "../parts/links.tsx";
import { Mark } from "../parts/mark.tsx";
import { cached, type Findable } from "../parts/rows.ts";

const COLUMNS: readonly Column<LiveEvent>[] = [
  { id: "at", title: "Time", order: ({ sequence }) => sequence, cell: ({ at }) => <Time at={at} /> },
  {
    id: "kind",
    title: "What",
    order: ({ kind }) => kind,
    cell: ({ kind, level }) => <Mark tone={toneOfEvent(level)} word={kind} />,
  },
  {
    id: "about",
    title: "About",
    isWide: "third",
    keep: 2,
    order: aboutOf,
    cell: (event) => <About event={event} />,
  },
  { id: "text", title: "Event", isWide: true, cell: ({ text }) => <span title={text}>{text}</span> },
  {
    id: "revision",
    title: "Revision",
    isNumber: true,
    keep: 2,
    order: ({ revision }) => revision,
    cell: ({ revision }) => (revision === null ? <span class="quiet">–</span> : grouped(revision)),
  },
];

const findable = cached((event: LiveEvent): Findable => {
  const { kind, level, text, revision, app = "", host = "", actor = "" } = event;
  return {
    text: `${kind} ${text} ${aboutOf(event)} ${revision ?? ""}`.toLowerCase(),
    facts: { kind, level, app: app.toLowerCase(), host: host.toLowerCase(), actor: actor.toLowerCase() },
  };
});

/** What happened, the newest first. */
export function Events(): JSX.Element {
  return <EventTable events={useKnown().world.events} />;
}

/** A table of some events. */
function EventTable({ events }: { events: readonly LiveEvent[] }): JSX.Element {
  return (
    <DataTable
      name="events"
      rows={events}
      columns={COLUMNS}
      keyOf={({ sequence }) => String(sequence)}
      find={findable}
      order="-at"
      facts="level:warn kind:expired"
      empty={<p>Nothing has happened since this router started. What does is listed here as it happens.</p>}
    />
  );
}

/** When, by the clock on the wall. */
export function Time({ at }: { at: number }): JSX.Element {
  return <time dateTime={new Date(at).toISOString()}>{formatTime(at, useNow())}</time>;
}

/** What an event is about, as a link where it has a page. */
export function About({ event }: { event: LiveEvent }): JSX.Element {
  const { app, instance, host, path, certificate, key } = event;
  if (app !== undefined && instance !== undefined)
    return <a href={instanceHref({ app, id: instance })}>{instanceKey({ app, id: instance })}</a>;
  if (app !== undefined) return <a href={appHref(app)}>{app}</a>;
  if (host !== undefined && path !== undefined) return <a href={routeHref({ host, path })}>{host + path}</a>;
  if (certificate !== undefined) return <a href={certificateHref(certificate)}>{certificate}</a>;
  return <span class="quiet">{key ?? ""}</span>;
}

function aboutOf({ app, instance, host, path, certificate, key }: LiveEvent): string {
  if (app !== undefined) return instance === undefined ? app : `${app}/${instance}`;
  return host === undefined ? (certificate ?? key ?? "") : host + (path ?? "");
}
