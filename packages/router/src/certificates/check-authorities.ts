// Config path 2 of 5: follow -> PARSE -> guard -> hand out -> acknowledge.

import { X509Certificate } from "node:crypto";

import type { Settings } from "@wayleave/records";

import { readAuthorities } from "./read-authorities.ts";

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Why the authorities that a policy or the settings name cannot be used; undefined when they can, or when there are none. */
export function authoritiesRefusal({
  instanceTls,
  listener,
}: Pick<Settings, "instanceTls" | "listener">): string | undefined {
  const asked = listener?.clientCertificates?.ca;
  const clients = asked === undefined ? undefined : readAuthorities(asked);
  if (clients?.ok === false) return `listener.clientCertificates.ca: ${clients.reason}`;
  return instancesRefusal(instanceTls?.ca);
}

function instancesRefusal(authorities: string | undefined): string | undefined {
  for (const [index, block] of (authorities?.match(BLOCK) ?? []).entries()) {
    const where = `instanceTls.ca: certificate ${index + 1}`;
    try {
      const { ca, subject } = new X509Certificate(block);
      if (!ca) return `${where} (${subject.replaceAll("\n", ", ")}) is no authority's`;
    } catch {
      return `${where} cannot be read`;
    }
  }
  return undefined;
}
