import type { CertificateView, RejectionView } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";

import { grouped } from "../format/numbers.ts";
import { useKnown } from "../live/known.tsx";
import { type Fact, FactList } from "../parts/fact-list.tsx";
import { Mark } from "../parts/mark.tsx";
import { NotFound } from "../parts/not-found.tsx";
import { ProblemBox } from "../parts/problem-box.tsx";
import { useLocation } from "../shell/location.ts";
import { CertificateMark, Left } from "./certificates.tsx";
import { RecentEvents } from "./recent-events.tsx";
import { RouteList } from "./route-list.tsx";
import { type CertificateRow, useCertificates } from "./use-certificates.ts";

/** One certificate: what is wrong with it, whom it serves, and which routes. */
export function Certificate(): JSX.Element {
  const name = useLocation().query.get("name") ?? "";
  const { world } = useKnown();
  const answer = useCertificates();
  const events = useMemo(
    () => world.events.filter((event) => event.certificate === name),
    [world.events, name],
  );
  if (answer?.ok === false) return <ProblemBox problem={answer.problem} />;
  if (answer === undefined) return <p class="sheet empty">One moment</p>;
  const row = answer.body.find((each) => each.name === name);
  if (row === undefined) return <NotFound what={`certificate ${name}`} list="certificates" />;
  return (
    <div class="stack">
      <div class="title-line">
        <h1>{name}</h1>
        <CertificateMark row={row} />
      </div>
      {row.refusal !== undefined && <Refused refusal={row.refusal} />}
      {row.view !== undefined && <Facts row={row} view={row.view} />}
      <div class="halves">
        {row.view !== undefined && <RoutesWith view={row.view} />}
        <RecentEvents events={events} name="Events of this certificate" filter={name} />
      </div>
    </div>
  );
}

function Refused({ refusal: { reason, revision, inForce } }: { refusal: RejectionView }): JSX.Element {
  const rest = inForce === null ? "nothing of it is in force" : `revision ${grouped(inForce)} stays in force`;
  return (
    <section class="sheet" aria-label="What is wrong">
      <ul class="reasons">
        <li>
          <Mark tone={inForce === null ? "bad" : "warn"} word="refused" />
          <span>
            revision {grouped(revision)}: {reason}; {rest}
          </span>
        </li>
      </ul>
    </section>
  );
}

function Facts({ row, view }: { row: CertificateRow; view: CertificateView }): JSX.Element {
  const { names, isDefault, issuer, notBefore, notAfter, keyType, sealedBy, revision, fingerprint } = view;
  const facts: readonly Fact[] = [
    ["serves", names.join(", ") || "no host by its name"],
    ["serves other hosts, too", isDefault ? "yes: it is the default" : "no"],
    ["issuer", issuer],
    ["valid from", minutes(notBefore)],
    ["expires", minutes(notAfter)],
    ["left", <Left row={row} />],
    ["key", sealedBy === null ? `${keyType}, in plain` : `${keyType}, sealed by ${sealedBy}`],
    ["written at revision", revision === 0 ? "it is a file's" : grouped(revision)],
    ["SHA-256", fingerprint],
  ];
  return <FactList facts={facts} />;
}

function RoutesWith({ view: { routes, routeCount } }: { view: CertificateView }): JSX.Element {
  const { world } = useKnown();
  const known = routes.map((place) => world.routes.get(place)).filter((route) => route !== undefined);
  return (
    <section class="sheet" aria-label="Routes whose clients get it">
      <div class="sheet-head">
        <h2>Routes whose clients get it</h2>
        {routeCount > known.length && (
          <span class="quiet">
            {grouped(known.length)} of {grouped(routeCount)}
          </span>
        )}
      </div>
      {known.length === 0 ? (
        <p class="empty">None: no route's host is among the names that it serves.</p>
      ) : (
        <RouteList routes={known} hasHealth />
      )}
    </section>
  );
}

/** `2026-11-22 14:03 UTC`. */
function minutes(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
