// How a certificate is, in a word.

import type { CertificateView, RejectionView } from "@wayleave/records/api";
import { EXPIRES_SOON_MS } from "@wayleave/records/lean";

import type { Tone } from "../parts/mark.tsx";

/** A word for it; `why` when there is more to say; `rank` is higher the worse it is. */
export interface CertificateState {
  readonly tone: Tone;
  readonly word: string;
  readonly rank: number;
  readonly why?: string;
}

const NO_ROUTE = "no route's host is among the names that it serves";

/** The worst that is true of a certificate at `now`, epoch milliseconds. */
export function certificateState(
  {
    view,
    refusal,
  }: { readonly view?: CertificateView | undefined; readonly refusal?: RejectionView | undefined },
  now: number,
): CertificateState {
  const why = refusal && { why: refusal.reason };
  if (view === undefined) return { tone: "bad", word: "refused", rank: 6, ...why };
  const leftMs = Date.parse(view.notAfter) - now;
  if (leftMs <= 0) return { tone: "bad", word: "expired", rank: 5, ...why };
  if (now < Date.parse(view.notBefore)) return { tone: "warn", word: "not valid yet", rank: 4, ...why };
  if (leftMs <= EXPIRES_SOON_MS) return { tone: "warn", word: "expires soon", rank: 3, ...why };
  if (refusal !== undefined) return { tone: "warn", word: "update refused", rank: 2, ...why };
  if (view.routeCount === 0) return { tone: "idle", word: "unused", rank: 1, why: NO_ROUTE };
  return { tone: "ok", word: "valid", rank: 0 };
}
