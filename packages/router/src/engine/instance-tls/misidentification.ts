import type { X509Certificate } from "node:crypto";

import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { InstanceTlsPolicy } from "../../table/policy.ts";

const SHOWN_NAMES = 5;
const MAX_SHOWN = 200;
/** `DNS:shop.example, IP Address:10.0.0.1`; Node quotes a value in which a comma or a quote could deceive. */
const ALTERNATIVE_NAME = /(?:^|, )([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/**
 * Why a certificate, whoever issued it, is not that of the instance as the policy wants it; undefined when it is. Only
 * subject alternative names count (RFC 9110 section 4.3.4). An instance's id must be one of them, letter by letter.
 */
export function misidentification(
  certificate: X509Certificate,
  { identity, servername = "" }: InstanceTlsPolicy,
  { id, record: { address } }: InstanceEntry,
): string | undefined {
  const names = [...(certificate.subjectAltName ?? "").matchAll(ALTERNATIVE_NAME)];
  if (identity === "instance-id") {
    if (names.some(([, kind, value]) => (kind === "DNS" || kind === "URI") && value === id)) return undefined;
  } else if (identity === "servername") {
    if (certificate.checkHost(servername, NAMES_ONLY) !== undefined) return undefined;
  } else if (certificate.checkIP(address) !== undefined) return undefined;
  const wanted = { address, servername, "instance-id": `the instance ${id}` }[identity];
  const others = names.slice(0, SHOWN_NAMES).map(([, , value]) => value);
  return `its certificate is for ${(others.join(", ") || "nobody").slice(0, MAX_SHOWN)}, not for ${wanted}`;
}

/** Node would look at the common name when there are no alternative ones. */
const NAMES_ONLY = { subject: "never", partialWildcards: false } as const;
