import type { CertificateEntry } from "../table/certificate-index.ts";

/** By type of key: how its signature algorithms begin, as OpenSSL calls them. The cheapest to sign with first. */
const ALGORITHMS: readonly (readonly [keyType: string, algorithm: RegExp])[] = [
  ["ed25519", /^ed25519/i],
  ["ec", /^ECDSA\+/],
  ["ed448", /^ed448/i],
  ["rsa-pss", /^RSA-PSS\+/],
  ["rsa", /^RSA(?:-PSS)?\+/],
];

/** Certificates of one host in the order in which a client should get them: those first whose signatures it can check. */
export function byAlgorithms(
  entries: readonly CertificateEntry[],
  algorithms: readonly string[],
): CertificateEntry[] {
  const isShared = (algorithm: RegExp): boolean => algorithms.some((name) => algorithm.test(name));
  const types = ALGORITHMS.filter(([, algorithm]) => isShared(algorithm)).map(([keyType]) => keyType);
  const rankOf = ({ certificate }: CertificateEntry): number => {
    const rank = types.indexOf(certificate.keyType);
    return rank === -1 ? types.length : rank;
  };
  return entries.toSorted((a, b) => rankOf(a) - rankOf(b));
}
