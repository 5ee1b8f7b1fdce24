import type { ReplicaView, Status, WorkerView } from "@wayleave/records/api";
import type { JSX } from "preact";

import { formatCount, grouped } from "../format/numbers.ts";
import { formatDuration } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";
import { type Fact, FactList } from "../parts/fact-list.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Mark } from "../parts/mark.tsx";
import { cached, type Findable } from "../parts/rows.ts";

const COLUMNS: readonly Column<ReplicaView>[] = [
  {
    id: "state",
    title: "State",
    order: ({ isBehind }) => Number(isBehind),
    cell: ({ isBehind }) =>
      isBehind ? <Mark tone="warn" word="behind" /> : <Mark tone="ok" word="up to date" />,
  },
  {
    id: "id",
    title: "Replica",
    isWide: true,
    order: ({ id }) => id,
    cell: ({ id, isThis }) => (
      <>
        {id} {isThis && <span class="quiet">this one</span>}
      </>
    ),
  },
  { id: "admin", title: "Admin", keep: 3, order: ({ admin }) => admin, cell: ({ admin }) => admin },
  {
    id: "revision",
    title: "Revision",
    isNumber: true,
    order: ({ revision }) => revision,
    cell: ({ revision }) => grouped(revision),
  },
  {
    id: "lag",
    title: "Lag",
    hint: "Revisions behind the furthest",
    isNumber: true,
    order: ({ lag }) => lag,
    cell: ({ lag }) => grouped(lag),
  },
  {
    id: "workers",
    title: "Workers",
    isNumber: true,
    keep: 2,
    order: ({ workers }) => workers,
    cell: ({ workers }) => workers,
  },
  {
    id: "version",
    title: "Version",
    keep: 2,
    order: ({ version }) => version,
    cell: ({ version }) => version,
  },
  {
    id: "since",
    title: "Up for",
    isNumber: true,
    keep: 2,
    order: ({ since }) => -Date.parse(since),
    cell: ({ since }) => <Up since={since} />,
  },
];

const findable = cached(({ id, admin, version, isBehind }: ReplicaView): Findable => ({
  text: `${id} ${admin} ${version}`.toLowerCase(),
  facts: { is: isBehind ? "behind" : "up" },
}));

/** All routers that follow this etcd, and how this one is. */
export function Replicas(): JSX.Element {
  const { world } = useKnown();
  const { status } = world;
  return (
    <div class="stack">
      <DataTable
        name="replicas"
        rows={world.replicas}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        find={findable}
        order="-state"
        empty={
          <p>
            No replica has told how far it is: a router with a static table, or one that cannot reach etcd,
            tells none.
          </p>
        }
      />
      {status !== undefined && <ThisRouter status={status} />}
      {status !== undefined && status.workers.length > 0 && <Workers workers={status.workers} />}
    </div>
  );
}

function ThisRouter({ status }: { status: Status }): JSX.Element {
  const {
    id,
    version,
    engine,
    zone,
    prefix,
    endpoints,
    endpoint,
    listen,
    hold,
    audit,
    stateFile,
    suspects,
    replicaFailure,
  } = status;
  const facts: readonly Fact[] = [
    ["id", id],
    ["version", version],
    ["engine", engine],
    ["zone", zone ?? "–"],
    ["takes requests at", listen === null ? "not yet" : `${listen.host}:${listen.port}`],
    ["etcd", endpoints.join(", ")],
    ["follows", endpoint ?? "none now"],
    ["prefix", prefix],
    ["link to etcd", status.state],
    ["connections", grouped(status.connections)],
    ["requests since the start", formatCount(status.exchanges.total)],
    ["suspects kept", grouped(suspects)],
    ["removals held back", hold === null ? "none" : `${grouped(hold.removals)}, until ${time(hold.until)}`],
    [
      "last audit",
      audit === null ? "not yet" : `${grouped(audit.differences)} differences, ${time(audit.at)}`,
    ],
    [
      "table on disk",
      stateFile === null
        ? "off"
        : (stateFile.failure ?? (stateFile.savedAt === null ? "not yet" : time(stateFile.savedAt))),
    ],
    ...(replicaFailure === null ? [] : ([["its own record", replicaFailure]] as const)),
  ];
  return (
    <section class="sheet" aria-label="This router">
      <h2>This router</h2>
      <FactList facts={facts} isSheet={false} />
    </section>
  );
}

const WORKER_COLUMNS: readonly (readonly [title: string, keep: 1 | 2])[] = [
  ["State", 1],
  ["Process", 1],
  ["Connections", 1],
  ["Running", 2],
  ["Revision", 2],
  ["Up for", 2],
];

function Workers({ workers }: { workers: readonly WorkerView[] }): JSX.Element {
  const now = useNow() + useKnown().world.clockOffsetMs;
  return (
    <section class="sheet" aria-label="Workers of this router">
      <h2>Workers of this router</h2>
      <table class="data">
        <thead>
          <tr>
            {WORKER_COLUMNS.map(([title, keep], at) => (
              <th key={title} scope="col" class={`keep-${keep}${at === 0 ? "" : " number"}`}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.pid}>
              <td>
                <Mark tone={WORKER_TONES[worker.state]} word={worker.state} />
              </td>
              <td class="number">{worker.pid}</td>
              <td class="number">{grouped(worker.connections)}</td>
              <td class="number keep-2">{grouped(worker.activeExchanges)}</td>
              <td class="number keep-2">{grouped(worker.revision)}</td>
              <td class="number keep-2">{formatDuration(now - Date.parse(worker.since))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const WORKER_TONES = { serving: "ok", starting: "idle", retired: "info" } as const;

function Up({ since }: { since: string }): JSX.Element {
  return <>{formatDuration(useNow() + useKnown().world.clockOffsetMs - Date.parse(since))}</>;
}

function time(iso: string): string {
  return new Date(iso).toLocaleTimeString("en-GB");
}
