import type { CertificateView, RejectionView } from "@wayleave/records/api";
import { describe, expect, it } from "vitest";

import { certificateState } from "./certificate-state.ts";

const NOW = Date.parse("2026-11-22T00:00:00Z");
const refusal = { reason: "key: is not the key of the certificate" } as RejectionView;

function view(more: Partial<CertificateView>): CertificateView {
  const validity = { notBefore: "2026-11-01T00:00:00Z", notAfter: "2027-02-01T00:00:00Z" };
  return { name: "shop", routeCount: 1, ...validity, ...more } as CertificateView;
}

describe("the state of a certificate", () => {
  it.each([
    ["valid", "ok", { view: view({}) }],
    ["unused", "idle", { view: view({ routeCount: 0 }) }],
    ["update refused", "warn", { view: view({}), refusal }],
    ["expires soon", "warn", { view: view({ notAfter: "2026-12-06T00:00:00Z" }) }],
    ["not valid yet", "warn", { view: view({ notBefore: "2026-11-22T00:00:01Z" }) }],
    ["expired", "bad", { view: view({ notAfter: "2026-11-22T00:00:00Z" }), refusal }],
    ["refused", "bad", { refusal }],
  ])("is %s (%s)", (word, tone, row) => {
    expect(certificateState(row, NOW)).toMatchObject({ word, tone });
  });

  it("ranks the worse higher", () => {
    const ranks = [{ view: view({}) }, { view: view({}), refusal }, { refusal }].map(
      (row) => certificateState(row, NOW).rank,
    );
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });
});
