import type { Certificate } from "@wayleave/records";
import type { CertificateView as RoutersView } from "@wayleave/records/api";
import {
  CertificateIndex,
  type TableCertificate,
  inspectChain,
  tableCertificate,
  viewCertificate,
} from "@wayleave/router/certificates";

import type { BadRecord, ReadTable } from "../reading/read-table.ts";

/** A certificate as the command shows it: all but its private key. */
export interface CertificateView extends Omit<RoutersView, "routeCount" | "routes"> {
  /** All routes whose clients get it, as `host/path`. */
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
    servers: index.serving(host, now).map((entry) => entry.name),
  }));
  const views = read.map(({ revision, ...entry }) => ({
    ...viewCertificate(entry, now),
    revision,
    routes: places.filter(({ servers }) => servers.includes(entry.name)).map(({ place }) => place),
  }));
  return { views, bad };
}

function readCertificate(record: Certificate): TableCertificate | string {
  const facts = inspectChain(record.chain);
  if (!facts.ok) return facts.reason;
  const certificate = tableCertificate(record, facts.value);
  return certificate.ok ? certificate.value : certificate.reason;
}
