// Config path 2 of 5: follow -> PARSE -> guard -> hand out -> acknowledge.
// Whether a certificate's record can be served.

import { type Certificate, type Parsed, invalid, valid } from "@wayleave/records";

import type { TableCertificate } from "../table/table-change.ts";
import { type ChainFacts, inspectChain, keyMismatch } from "./inspect-chain.ts";
import type { SealKeys } from "./seal-keys.ts";

/** Gives what a table needs of a certificate, or why it cannot be served. No reason shows a key. */
export type CertificateCheck = (name: string, record: Certificate) => Parsed<TableCertificate>;

/** How keys are opened. */
export interface CertificateCheckSettings {
  /** undefined: keys are not looked at, for who builds a table only to look at it. */
  readonly sealKeys: SealKeys | undefined;
  readonly mayBePlain: boolean;
}

/** Builds the check. */
export function certificateCheck(settings: CertificateCheckSettings): CertificateCheck {
  return (name, record) => {
    const facts = inspectChain(record.chain);
    if (!facts.ok) return facts;
    const refusal = settings.sealKeys && keyRefusal(settings, settings.sealKeys, { name, record });
    if (refusal !== undefined) return invalid(refusal);
    return tableCertificate(record, facts.value);
  };
}

/** What a table needs of a certificate whose key was checked. */
export function tableCertificate(record: Certificate, facts: ChainFacts): Parsed<TableCertificate> {
  const names = record.names ?? facts.names;
  // One that is only shown to instances says so.
  if (names.length === 0 && record.isDefault !== true && record.names === undefined) {
    return invalid("names: the certificate is for no host; say which ones it serves, or that it serves none");
  }
  const { issuer, notBefore, notAfter, fingerprint, keyType } = facts;
  return valid({
    record,
    names,
    issuer,
    notBefore,
    notAfter,
    fingerprint,
    keyType,
    isDefault: record.isDefault === true,
  });
}

function keyRefusal(
  { mayBePlain }: CertificateCheckSettings,
  sealKeys: SealKeys,
  { name, record }: { readonly name: string; readonly record: Certificate },
): string | undefined {
  if (typeof record.key === "string") {
    if (!mayBePlain) return "key: is not sealed, and this router does not take plain keys";
    return keyMismatch(record.chain, record.key);
  }
  const key = sealKeys.open(name, record.key);
  return key.ok ? keyMismatch(record.chain, key.value) : key.reason;
}
