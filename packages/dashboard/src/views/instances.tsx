import type { InstanceView } from "@wayleave/records/api";
import type { JSX } from "preact";

import { InstanceActions } from "../act/instance-actions.tsx";
import { formatShare } from "../format/numbers.ts";
import { toneOfCondition } from "../format/states.ts";
import { formatDuration } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";
import { instanceKey } from "../live/world.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Lease } from "../parts/lease.tsx";
import { appHref, instanceHref } from "../parts/links.tsx";
import { Mark } from "../parts/mark.tsx";
import { cached, type Findable } from "../parts/rows.ts";

const CONDITION_RANK = { ready: 0, draining: 1, failing: 2, ejected: 3, suspect: 4 };

const COLUMNS: readonly Column<InstanceView>[] = [
  {
    id: "state",
    title: "State",
    order: ({ condition }) => CONDITION_RANK[condition],
    cell: (row) => <ConditionMark instance={row} />,
  },
  {
    id: "app",
    title: "App",
    isWide: true,
    order: ({ app }) => app,
    cell: ({ app }) => <a href={appHref(app)}>{app}</a>,
  },
  {
    id: "id",
    title: "Instance",
    isWide: true,
    order: ({ id }) => id,
    cell: (row) => <a href={instanceHref(row)}>{row.id}</a>,
  },
  { id: "address", title: "Address", keep: 2, order: authority, cell: authority },
  {
    id: "version",
    title: "Version",
    keep: 3,
    order: ({ version }) => version,
    cell: ({ version }) => version ?? <None />,
  },
  { id: "zone", title: "Zone", keep: 3, order: ({ zone }) => zone, cell: ({ zone }) => zone ?? <None /> },
  {
    id: "active",
    title: "Running",
    hint: "Requests that run on it now",
    isNumber: true,
    keep: 2,
    order: ({ active }) => active,
    cell: ({ active }) => active,
  },
  {
    id: "share",
    title: "Share",
    hint: "Of its app's requests in the last 10 seconds",
    isNumber: true,
    keep: 3,
    order: ({ share }) => share,
    cell: ({ share }) => (share === null ? <None /> : formatShare(share)),
  },
  {
    id: "lease",
    title: "Lease",
    hint: "How long it still has, if it is not renewed",
    isNumber: true,
    order: ({ leaseExpiresAt }) => leaseExpiresAt,
    cell: (row) => <Lease instance={row} />,
  },
  {
    id: "age",
    title: "Age",
    hint: "Since this router first saw it",
    isNumber: true,
    keep: 3,
    order: ({ since }) => -Date.parse(since),
    cell: ({ since }) => <Age since={since} />,
  },
  { id: "act", title: "Actions", keep: 2, cell: (row) => <InstanceActions instance={row} isSmall /> },
];

const findable = cached(
  ({ app, id, address, port, version = "", zone = "", condition }: InstanceView): Findable => ({
    text: `${app}/${id} ${address}:${port} ${version} ${zone}`.toLowerCase(),
    facts: {
      app: app.toLowerCase(),
      state: condition,
      version: version.toLowerCase(),
      zone: zone.toLowerCase(),
    },
  }),
);

/** All instances. */
export function Instances(): JSX.Element {
  return <InstanceTable instances={useKnown().world.instances.list} empty={<NoInstances app="shop" />} />;
}

/** A table of some instances. */
export function InstanceTable({
  instances,
  empty,
}: {
  instances: readonly InstanceView[];
  empty: JSX.Element;
}): JSX.Element {
  return (
    <DataTable
      name="instances"
      rows={instances}
      columns={COLUMNS}
      keyOf={instanceKey}
      find={findable}
      order="-state"
      facts="hello state:draining"
      empty={empty}
    />
  );
}

/** What to do when an app has no instance. */
export function NoInstances({ app }: { app: string }): JSX.Element {
  return (
    <>
      <p>No instance is registered. Start one, and it registers itself:</p>
      <code class="command">npx wayleave run --app {app} --port 3000 -- node server.js</code>
    </>
  );
}

/** The condition of an instance; for how long, when it is ejected. */
export function ConditionMark({ instance }: { instance: InstanceView }): JSX.Element {
  const { condition, ejectedUntil, failures } = instance;
  const now = useNow() + useKnown().world.clockOffsetMs;
  const left =
    condition === "ejected" && ejectedUntil !== null ? ` ${formatDuration(ejectedUntil - now)}` : "";
  const title = failures > 0 ? `${failures} failures in a row` : undefined;
  return <Mark tone={toneOfCondition(condition)} word={condition + left} title={title} />;
}

function Age({ since }: { since: string }): JSX.Element {
  return <>{formatDuration(useNow() + useKnown().world.clockOffsetMs - Date.parse(since))}</>;
}

function None(): JSX.Element {
  return <span class="quiet">–</span>;
}

function authority({ address, port }: InstanceView): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
