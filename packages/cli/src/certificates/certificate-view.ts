import type { Certificate } from "@wayleave/records";
import {
  CertificateIndex,
  type TableCertificate,
  inspectChain,
  tableCertificate,
} from "@wayleave/router/certificates";

import type { BadRecord, ReadTable } from "../reading/read-table.ts";

/** A certificate as the command shows it: all but its private key. */
export interface CertificateView {
  readonly name: string;
  readonly revision: number;
  readonly names: readonly string[];
  readonly isDefault: boolean;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly state: "valid" | "expired" | "not-yet-valid";
  readonly fingerprint: string;
  /** The id of the seal key that opens the private key; null: it stands in etcd in plain. */
  readonly sealedBy: string | null;
  /** The routes whose clients get it, as `host/path`. */
  readonly routes: readonly string[];
}

/** What stands under `certificates/`, and which of it no router can serve. */
export interface CertificateViews {
  readonly views: readonly CertificateView[];
  readonly bad: readonly BadRecord[];
}

/** Views of all certificates of a table at a time, epoch milliseconds. Private keys are not looked at. */
export function viewCertificates(table: ReadTable, now: number): CertificateViews {
  const index = new CertificateIndex();
  const bad: BadRecord[] = [];
  const read = table.certificates.flatMap(({ stored, parsed: { name, certificate: record } }) => {
    const certificate = readCertificate(record);
    if (typeof certificate !== "string") {
      index.set(name, certificate);
      return [{ name, revision: stored.modRevision, certificate }];
    }
    bad.push({ key: stored.key, revision: stored.modRevision, reason: certificate });
    return [];
  });
  const places = table.routes.map(({ parsed: { host, path } }) => ({
    place: host + path,
    server: (index.find(host, now) ?? index.default(now))?.name,
  }));
  const views = read.map(({ name, revision, certificate }) => ({
    name,
    revision,
    ...viewOf(certificate, now),
    routes: places.filter(({ server }) => server === name).map(({ place }) => place),
  }));
  return { views, bad };
}

function viewOf(
  certificate: TableCertificate,
  now: number,
): Omit<CertificateView, "name" | "revision" | "routes"> {
  const { names, isDefault, issuer, notBefore, notAfter, fingerprint, record } = certificate;
  return {
    names,
    isDefault,
    issuer,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    state: now >= notAfter ? "expired" : now < notBefore ? "not-yet-valid" : "valid",
    fingerprint,
    sealedBy: typeof record.key === "string" ? null : record.key.keyId,
  };
}

function readCertificate(record: Certificate): TableCertificate | string {
  const facts = inspectChain(record.chain);
  if (!facts.ok) return facts.reason;
  const certificate = tableCertificate(record, facts.value);
  return certificate.ok ? certificate.value : certificate.reason;
}
