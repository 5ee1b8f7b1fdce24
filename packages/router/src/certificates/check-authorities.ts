// Config path 2 of 5: follow -> PARSE -> guard -> hand out -> acknowledge.

import { X509Certificate } from "node:crypto";

import type { PolicyRecord } from "@wayleave/records";

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Why a policy's `instanceTls.ca` cannot be used; undefined when it can, or when there is none. */
export function authoritiesRefusal({ instanceTls }: PolicyRecord): string | undefined {
  for (const [index, block] of (instanceTls?.ca?.match(BLOCK) ?? []).entries()) {
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
