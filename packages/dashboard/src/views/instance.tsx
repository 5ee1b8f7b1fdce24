import type { InstanceView } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";

import { InstanceActions } from "../act/instance-actions.tsx";
import { recordText } from "../act/preview.tsx";
import { formatShare, grouped } from "../format/numbers.ts";
import { formatDuration } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";
import { type Fact, FactList } from "../parts/fact-list.tsx";
import { Lease } from "../parts/lease.tsx";
import { appHref } from "../parts/links.tsx";
import { NotFound } from "../parts/not-found.tsx";
import { useLocation } from "../shell/location.ts";
import { ConditionMark } from "./instances.tsx";
import { RecentEvents } from "./recent-events.tsx";

/** One instance: all that is known of it, and what can be done with it. */
export function Instance(): JSX.Element {
  const { query } = useLocation();
  const { app, id } = { app: query.get("app") ?? "", id: query.get("id") ?? "" };
  const { world } = useKnown();
  const instance = world.instances.get(`${app}/${id}`);
  const events = useMemo(
    () => world.events.filter((event) => event.app === app && event.instance === id),
    [world.events, app, id],
  );
  if (instance === undefined)
    return (
      <div class="stack">
        <NotFound what={`instance ${app}/${id}`} list="instances" />
        {events.length > 0 && <RecentEvents events={events} name="What became of it" filter={id} />}
      </div>
    );
  return (
    <div class="stack">
      <div class="title-line">
        <h1>
          <a href={appHref(app)}>{app}</a>
          <span class="quiet">/</span>
          {id}
        </h1>
        <ConditionMark instance={instance} />
        <InstanceActions instance={instance} />
      </div>
      <Facts instance={instance} />
      <RecentEvents events={events} name="Events of this instance" filter={id} />
    </div>
  );
}

function Facts({ instance }: { instance: InstanceView }): JSX.Element {
  const now = useNow() + useKnown().world.clockOffsetMs;
  const {
    address,
    port,
    protocol,
    version,
    zone,
    weight,
    tags,
    since,
    active,
    share,
    failures,
    ejections,
    tlsFailure,
    revision,
  } = instance;
  const facts: readonly Fact[] = [
    ["address", `${address.includes(":") ? `[${address}]` : address}:${port}`],
    ["protocol", protocol],
    ["version", version ?? "–"],
    ["zone", zone ?? "–"],
    ["weight", weight ?? 1],
    ["running", active],
    ["share of its app", share === null ? "–" : formatShare(share)],
    ["lease", <Lease instance={instance} />],
    ["age", formatDuration(now - Date.parse(since))],
    ["failures in a row", failures],
    ["ejections in a row", ejections],
    ...(tlsFailure === null ? [] : ([["TLS handshake failed", tlsFailure]] as const)),
    ["written at revision", revision === 0 ? "its record is gone" : grouped(revision)],
    ...(tags === undefined ? [] : ([["tags", recordText(tags)]] as const)),
  ];
  return <FactList facts={facts} />;
}
