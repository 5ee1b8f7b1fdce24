// What is told of a client's certificate, in Envoy's form of X-Forwarded-Client-Cert:
//
//   Hash=<SHA-256, hex>;Subject="CN=alice,O=shop";URI=spiffe://shop/alice;DNS=alice.shop.example
//
// It is verified, but what stands in it is whoever's who asked the authority for it: nothing of it may end a value or
// the field, or be read as another element.

import type { X509Certificate } from "node:crypto";

import type { ClientCertificate } from "../request/client-certificate.ts";

/** Printable ASCII without what a quoted value would need to escape. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
const NEEDS_QUOTES = /[,;=]/;
/** Node joins alternative names with `, `, and writes one as a JSON string when it could be misread. */
const ALTERNATIVE = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/** Describes a verified certificate. */
export function describeClient(certificate: X509Certificate): ClientCertificate {
  const subject = subjectOf(certificate);
  const hash = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  const pairs = [`Hash=${hash}`, `Subject="${subject}"`, ...alternativesOf(certificate)];
  return { subject, forwarded: pairs.join(";") };
}

/**
 * Node gives one part a line, the largest first, with its own characters escaped (RFC 2253 section 2.4); the form in one
 * line begins with the smallest. What is not ASCII is escaped here, by its bytes in UTF-8.
 */
function subjectOf({ subject }: X509Certificate): string {
  return (subject ?? "")
    .split("\n")
    .toReversed()
    .join(",")
    .replace(/[^\x20-\x7e]/gu, (character) =>
      [...Buffer.from(character)]
        .map((byte) => `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`)
        .join(""),
    );
}

function alternativesOf({ subjectAltName = "" }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(ALTERNATIVE)].flatMap(([, kind = "", value = ""]) => {
    const text = value.startsWith('"') ? String(JSON.parse(value)) : value;
    // Neither a URI nor a host has any other character: what does is nobody's name.
    if ((kind !== "URI" && kind !== "DNS") || !PLAIN.test(text)) return [];
    return [`${kind}=${NEEDS_QUOTES.test(text) ? `"${text}"` : text}`];
  });
}
