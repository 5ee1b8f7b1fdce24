// Authorities by whom clients' certificates must be issued.

import { X509Certificate } from "node:crypto";

import { type Parsed, invalid, valid } from "@wayleave/records";

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What is known of them. */
export interface Authorities {
  /** In PEM. */
  readonly certificates: string;
  readonly count: number;
  /** When the first of them is valid no more; epoch milliseconds. */
  readonly notAfter: number;
}

/** Reads the authorities in a text, and nothing else of it. */
export function readAuthorities(text: string): Parsed<Authorities> {
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0) return invalid("there is no certificate in PEM");
  let notAfter = Number.POSITIVE_INFINITY;
  for (const [index, block] of blocks.entries()) {
    const read = readAuthority(block);
    if (typeof read === "string") return invalid(`certificate ${index + 1} ${read}`);
    notAfter = Math.min(notAfter, read.validToDate.getTime());
  }
  return valid({ certificates: `${blocks.join("\n")}\n`, notAfter, count: blocks.length });
}

function readAuthority(block: string): X509Certificate | string {
  try {
    const certificate = new X509Certificate(block);
    const { ca, subject, issuer } = certificate;
    // One that signed itself may stand for itself alone.
    return ca || subject === issuer ? certificate : "is not an authority's";
  } catch {
    return "cannot be read";
  }
}
