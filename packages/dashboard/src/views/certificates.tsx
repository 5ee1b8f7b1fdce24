import { EXPIRES_SOON_MS } from "@wayleave/records/lean";
import type { JSX } from "preact";

import { certificateState } from "../format/certificate-state.ts";
import { formatUntil } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { certificateHref } from "../parts/links.tsx";
import { Mark } from "../parts/mark.tsx";
import { ProblemBox } from "../parts/problem-box.tsx";
import { cached, type Findable } from "../parts/rows.ts";
import { type CertificateRow, useCertificates } from "./use-certificates.ts";

const COLUMNS: readonly Column<CertificateRow>[] = [
  {
    id: "state",
    title: "State",
    order: (row) => certificateState(row, Date.now()).rank,
    cell: (row) => <CertificateMark row={row} isShort />,
  },
  {
    id: "name",
    title: "Certificate",
    isWide: "third",
    order: ({ name }) => name,
    cell: ({ name }) => <a href={certificateHref(name)}>{name}</a>,
  },
  {
    id: "serves",
    title: "Serves",
    isWide: true,
    order: ({ view }) => view?.names[0],
    cell: ({ view }) => view && <Names {...view} />,
  },
  {
    id: "expires",
    title: "Expires",
    isNumber: true,
    keep: 2,
    order: ({ view }) => view?.notAfter,
    cell: ({ view }) => view?.notAfter.slice(0, "2026-01-01".length),
  },
  {
    id: "left",
    title: "Left",
    hint: "Until the first certificate of its chain expires",
    isNumber: true,
    order: ({ view }) => view?.notAfter,
    cell: (row) => <Left row={row} />,
  },
  {
    id: "issuer",
    title: "Issuer",
    isWide: "third",
    keep: 3,
    order: ({ view }) => view?.issuer,
    cell: ({ view }) => <span title={view?.issuer}>{view?.issuer}</span>,
  },
  {
    id: "routes",
    title: "Routes",
    hint: "Routes whose clients get it",
    isNumber: true,
    order: ({ view }) => view?.routeCount,
    cell: ({ view }) => view && <span class={view.routeCount === 0 ? "quiet" : ""}>{view.routeCount}</span>,
  },
];

const findable = cached((row: CertificateRow): Findable => {
  const { name, view, refusal } = row;
  const { names = [], issuer = "", routes = [] } = view ?? {};
  return {
    text: [name, ...names, issuer, ...routes, refusal?.reason].join(" ").toLowerCase(),
    facts: { state: certificateState(row, Date.now()).word, host: names.join(" ") },
  };
});

/** All certificates: whom they serve, until when, and what is wrong with them. */
export function Certificates(): JSX.Element {
  const answer = useCertificates();
  if (answer?.ok === false) return <ProblemBox problem={answer.problem} />;
  if (answer === undefined) return <p class="sheet empty">One moment</p>;
  return (
    <DataTable
      name="certificates"
      rows={answer.body}
      columns={COLUMNS}
      keyOf={({ name }) => name}
      find={findable}
      order="-state"
      facts="state:expired host:shop"
      empty={
        <>
          <p>There is no certificate: requests come without TLS. Set one:</p>
          <code class="command">npx wayleave certificates set shop --chain shop.pem --key shop-key.pem</code>
        </>
      }
    />
  );
}

/** How a certificate is; why, when one points at it. */
export function CertificateMark({
  row,
  isShort = false,
}: {
  row: CertificateRow;
  isShort?: boolean;
}): JSX.Element {
  const { tone, word, why } = certificateState(row, useServerNow());
  return <Mark tone={tone} word={word} isShort={isShort} isPill={!isShort} title={why} />;
}

/** For how long a certificate is valid yet. */
export function Left({ row }: { row: CertificateRow }): JSX.Element | null {
  const now = useServerNow();
  if (row.view === undefined) return null;
  const notAfter = Date.parse(row.view.notAfter);
  const leftMs = notAfter - now;
  const style = leftMs <= 0 ? "bad-text strong" : leftMs <= EXPIRES_SOON_MS ? "warn-text strong" : "";
  return <span class={style}>{formatUntil(notAfter, now)}</span>;
}

function Names({ names, isDefault }: { names: readonly string[]; isDefault: boolean }): JSX.Element {
  return (
    <span title={names.join("\n")}>
      {names.join(", ")}
      {isDefault && <span class="quiet"> and hosts that no other one is for</span>}
    </span>
  );
}

function useServerNow(): number {
  return useNow() + useKnown().world.clockOffsetMs;
}
