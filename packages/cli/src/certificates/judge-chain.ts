import { rootCertificates } from "node:tls";
import { X509Certificate } from "node:crypto";

import type { ChainFacts } from "@wayleave/router/certificates";

/** What speaks against serving a chain: `refusals` unless it is forced, `warnings` in any case. */
export interface ChainJudgement {
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

/** Judges a chain that is to serve `names` from `now` on, epoch milliseconds. */
export function judgeChain(facts: ChainFacts, names: readonly string[], now: number): ChainJudgement {
  const { notBefore, notAfter, isOpenEnded, lastIssuer } = facts;
  const refusals: string[] = [];
  const warnings: string[] = [];
  if (now >= notAfter) refusals.push(`the chain has expired at ${new Date(notAfter).toISOString()}`);
  if (now < notBefore) warnings.push(`the chain is not valid before ${new Date(notBefore).toISOString()}`);
  const foreign = names.filter((name) => !covers(facts.names, name));
  if (foreign.length > 0) refusals.push(`the certificate is not for ${foreign.join(", ")}`);
  if (isOpenEnded && names.length > 0 && !isKnownRoot(lastIssuer)) {
    warnings.push(
      `the chain ends below ${lastIssuer.replaceAll("\n", ", ")}, which is no public root: is an intermediate missing?`,
    );
  }
  return { refusals, warnings };
}

function covers(own: readonly string[], name: string): boolean {
  return own.includes(name) || own.includes(`*${name.slice(name.indexOf("."))}`);
}

function isKnownRoot(name: string): boolean {
  return rootCertificates.some((root) => new X509Certificate(root).subject === name);
}
