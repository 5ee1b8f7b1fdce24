import type { LiveEvent } from "@wayleave/records/api";
import type { JSX } from "preact";

import { grouped } from "../format/numbers.ts";
import { toneOfEvent } from "../format/states.ts";
import { Mark } from "../parts/mark.tsx";
import { hrefOf } from "../shell/location.ts";
import { Time } from "./events.tsx";

const MOST = 10;

/** The last events of a list, the newest first; `filter` leads to all of their kind. */
export function RecentEvents({
  events,
  name,
  filter,
}: {
  events: readonly LiveEvent[];
  name: string;
  filter?: string;
}): JSX.Element {
  const recent = events.slice(-MOST).toReversed();
  return (
    <section class="sheet" aria-label={name}>
      <div class="sheet-head">
        <h2>{name}</h2>
        <a class="quiet" href={hrefOf(["events"], { filter })}>
          all events
        </a>
      </div>
      {recent.length === 0 ? (
        <p class="empty">Nothing has happened since this router started.</p>
      ) : (
        <ul class="event-list">
          {recent.map((event) => (
            <li key={event.sequence}>
              <span class="quiet">
                <Time at={event.at} />
              </span>
              <Mark tone={toneOfEvent(event.level)} word={event.kind} />
              <span class="event-text" title={event.text}>
                {event.text}
              </span>
              <span class="quiet">{event.revision === null ? "" : grouped(event.revision)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
