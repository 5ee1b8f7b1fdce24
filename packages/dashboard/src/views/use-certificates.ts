// The stream does not carry certificates: they are few, and change by the month. They are asked for while somebody looks.

import type { CertificateView, RejectionView } from "@wayleave/records/api";
import { useEffect, useMemo, useState } from "preact/hooks";

import { type Answer, ask } from "../api/ask.ts";
import { useKnown } from "../live/known.tsx";

/** The routes that get one change without a word of the certificate. */
const AGAIN_MS = 15_000;

/** A certificate: what is in force of it, and why its newest record is not. One of both is there. */
export interface CertificateRow {
  readonly name: string;
  readonly view?: CertificateView | undefined;
  readonly refusal?: RejectionView | undefined;
}

/** All certificates, refused ones too; undefined before the first answer. */
export function useCertificates(): Answer<readonly CertificateRow[]> | undefined {
  const { world } = useKnown();
  const [answer, setAnswer] = useState<Answer<readonly CertificateView[]>>();
  const changedAt = world.events.findLast(({ kind }) => kind === "certificate-changed")?.sequence;
  useEffect(() => {
    const look = (): void => void ask<readonly CertificateView[]>("/api/certificates").then(setAnswer);
    look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, [changedAt]);
  const folder = `${world.status?.prefix ?? "/"}table/certificates/`;
  return useMemo(
    () => (answer?.ok ? { ok: true, body: rowsOf(answer.body, world.rejected, folder) } : answer),
    [answer, world.rejected, folder],
  );
}

function rowsOf(
  views: readonly CertificateView[],
  rejected: readonly RejectionView[],
  folder: string,
): CertificateRow[] {
  const refusals = new Map(
    rejected
      .filter(({ key }) => key.startsWith(folder))
      .map((refusal) => [refusal.key.slice(folder.length), refusal]),
  );
  const inForce = views.map((view): CertificateRow => {
    const { name } = view;
    const refusal = refusals.get(name);
    refusals.delete(name);
    return { name, view, refusal };
  });
  return [...inForce, ...[...refusals].map(([name, refusal]) => ({ name, refusal }))];
}
