// What a certificate's chain says, and whether it can be served.

import { X509Certificate, createPrivateKey } from "node:crypto";

import { type Parsed, invalid, parseHost, valid } from "@wayleave/records";

/** What is known of a chain that can be served. */
export interface ChainFacts {
  /** The hosts that it is for, as hosts stand in keys: its subject alternative names of DNS. */
  readonly names: readonly string[];
  /** Who issued the first certificate: its common name, else all of its name. */
  readonly issuer: string;
  /** Epoch milliseconds: from when until when all of the chain is valid. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256 of the first certificate, lower case hexadecimal. */
  readonly fingerprint: string;
  /** Of the first certificate's key: `rsa`, `ec`, `ed25519`, ... */
  readonly keyType: string;
  /** The last certificate is signed by another one, which the chain has not: that has to be one that clients have. */
  readonly isOpenEnded: boolean;
  /** The name of who signed the last certificate. */
  readonly lastIssuer: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const MAX_CERTIFICATES = 10;

/** Reads a chain in PEM, the server's certificate first. */
export function inspectChain(pem: string): Parsed<ChainFacts> {
  const chain = parseChain(pem);
  if (!chain.ok) return chain;
  const [leaf, ...others] = chain.value;
  if (leaf === undefined) return invalid("chain: has no certificate");
  const disorder = disorderOf(chain.value);
  if (disorder !== undefined) return invalid(disorder);
  const last = others.at(-1) ?? leaf;
  return valid({
    names: namesOf(leaf),
    issuer: commonNameOf(leaf.issuer),
    notBefore: Math.max(...chain.value.map(({ validFromDate }) => validFromDate.getTime())),
    notAfter: Math.min(...chain.value.map(({ validToDate }) => validToDate.getTime())),
    fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    keyType: leaf.publicKey.asymmetricKeyType ?? "unknown",
    isOpenEnded: last.subject !== last.issuer,
    lastIssuer: last.issuer,
  });
}

/** Why a private key in PEM is not that of the chain's first certificate; undefined when it is. Shows nothing of it. */
export function keyMismatch(pem: string, key: string): string | undefined {
  const chain = parseChain(pem);
  if (!chain.ok) return chain.reason;
  try {
    const isOwn = chain.value[0]?.checkPrivateKey(createPrivateKey(key)) === true;
    return isOwn ? undefined : "key: is not the key of the certificate";
  } catch {
    return "key: cannot be read as a private key in PEM";
  }
}

function parseChain(pem: string): Parsed<readonly X509Certificate[]> {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length > MAX_CERTIFICATES) {
    return invalid(`chain: has ${blocks.length} certificates, not 1 to ${MAX_CERTIFICATES}`);
  }
  const chain: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block));
    } catch {
      return invalid(`chain: certificate ${index + 1} cannot be read`);
    }
  }
  return valid(chain);
}

function disorderOf(chain: readonly X509Certificate[]): string | undefined {
  for (const [index, certificate] of chain.entries()) {
    const next = chain[index + 1];
    if (next === undefined || isSignedBy(certificate, next)) continue;
    const where = `chain: certificate ${index + 1} (${commonNameOf(certificate.subject)})`;
    const isElsewhere = chain.some((other) => other !== certificate && isSignedBy(certificate, other));
    if (isElsewhere || isSignedBy(next, certificate))
      return `${where} is not signed by the next one: wrong order`;
    return `${where} is not signed by the next one: ${commonNameOf(certificate.issuer)} is missing`;
  }
  return undefined;
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function namesOf(leaf: X509Certificate): string[] {
  const names = (leaf.subjectAltName ?? "")
    .split(", ")
    .filter((name) => name.startsWith("DNS:"))
    .map((name) => parseHost(name.slice("DNS:".length)))
    .flatMap((host) => (host.ok && host.value !== "*" ? [host.value] : []));
  return [...new Set(names)];
}

function commonNameOf(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll("\n", ", ");
}
