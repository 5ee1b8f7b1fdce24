import type { CertificateView } from "@wayleave/records/api";

import type { CertificateEntry } from "../table/certificate-index.ts";

/** What of a certificate is shown, at a time, epoch milliseconds: what its record says, and nothing of its private key. */
export function viewCertificate(
  { name, certificate }: CertificateEntry,
  now: number,
): Omit<CertificateView, "revision" | "routes" | "routeCount"> {
  const { names, isDefault, issuer, notBefore, notAfter, keyType, fingerprint, record } = certificate;
  return {
    name,
    names: [...names],
    isDefault,
    issuer,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    state: now >= notAfter ? "expired" : now < notBefore ? "not-yet-valid" : "valid",
    keyType,
    fingerprint,
    sealedBy: typeof record.key === "string" ? null : record.key.keyId,
  };
}
