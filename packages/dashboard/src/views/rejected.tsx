import type { ConflictView, RejectionView } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { type Answer, ask } from "../api/ask.ts";
import { grouped } from "../format/numbers.ts";
import { formatAgo } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { ProblemBox } from "../parts/problem-box.tsx";
import { cached, type Findable } from "../parts/rows.ts";

const COLUMNS: readonly Column<RejectionView>[] = [
  {
    id: "key",
    title: "Key",
    isWide: true,
    order: ({ key }) => key,
    cell: ({ key }) => <code title={key}>{key}</code>,
  },
  {
    id: "reason",
    title: "Why",
    isWide: true,
    order: ({ reason }) => reason,
    cell: ({ reason }) => <span title={reason}>{reason}</span>,
  },
  {
    id: "revision",
    title: "Revision",
    isNumber: true,
    keep: 2,
    order: ({ revision }) => revision,
    cell: ({ revision }) => grouped(revision),
  },
  {
    id: "force",
    title: "In force",
    hint: "The revision of the last good value, which stays in force",
    isNumber: true,
    keep: 2,
    order: ({ inForce }) => inForce,
    cell: ({ inForce }) => (inForce === null ? <span class="bad-text">nothing</span> : grouped(inForce)),
  },
  {
    id: "since",
    title: "Since",
    isNumber: true,
    keep: 3,
    order: ({ since }) => since,
    cell: ({ since }) => <Since at={since} />,
  },
];

const findable = cached(({ key, reason }: RejectionView): Findable => ({
  text: `${key} ${reason}`.toLowerCase(),
  facts: {},
}));

/** Records whose newest value is not in force, and addresses that more than one record claims. */
export function Rejected(): JSX.Element {
  const { world } = useKnown();
  return (
    <div class="stack">
      <DataTable
        name="rejected records"
        rows={world.rejected}
        columns={COLUMNS}
        keyOf={({ key }) => key}
        find={findable}
        order="key"
        empty={
          <p>
            Every record is good. A bad one never stops another: it is listed here with its reason, and its
            last good value stays in force.
          </p>
        }
      />
      {(world.status?.addressConflicts ?? 0) > 0 && <Conflicts count={world.status?.addressConflicts ?? 0} />}
    </div>
  );
}

// The stream only tells how many: asked again when that changes.
function Conflicts({ count }: { count: number }): JSX.Element {
  const [answer, setAnswer] = useState<Answer<readonly ConflictView[]>>();
  useEffect(() => void ask<readonly ConflictView[]>("/api/conflicts").then(setAnswer), [count]);
  return (
    <section class="sheet" aria-label="Addresses claimed more than once">
      <h2>Addresses claimed more than once</h2>
      {answer?.ok === false && <ProblemBox problem={answer.problem} />}
      {answer?.ok === true && (
        <table class="data">
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Has it</th>
              <th scope="col">Do not</th>
            </tr>
          </thead>
          <tbody>
            {answer.body.map(({ authority, owner, others }) => (
              <tr key={authority}>
                <td>{authority}</td>
                <td class="wide">
                  <code title={owner}>{owner}</code>
                </td>
                <td class="wide">
                  <code title={others.join(", ")}>{others.join(", ")}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Since({ at }: { at: string }): JSX.Element {
  return <>{formatAgo(Date.parse(at), useNow() + useKnown().world.clockOffsetMs)}</>;
}
