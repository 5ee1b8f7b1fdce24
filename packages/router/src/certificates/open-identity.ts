import type { CertificateEntry } from "../table/certificate-index.ts";
import type { SealKeys } from "./seal-keys.ts";

/** A chain and the private key to it, in PEM: to be used at once, and not to be kept. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** Opens the key of a certificate; undefined when it cannot be opened. */
export function openIdentity(
  { name, certificate: { record } }: CertificateEntry,
  sealKeys: SealKeys,
): Identity | undefined {
  if (typeof record.key === "string") return { cert: record.chain, key: record.key };
  const key = sealKeys.open(name, record.key);
  return key.ok ? { cert: record.chain, key: key.value } : undefined;
}
