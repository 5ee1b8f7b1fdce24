// What a handshake found out about its client's certificate.

import { describeClient } from "../../certificates/describe-client.ts";
import type { ClientCertificate } from "../../request/client-certificate.ts";
import type { SecureSocket } from "./secure-socket.ts";

/** No certificate was shown, a good one, or one by which nobody is let in. */
export type ClientPeer =
  | { readonly kind: "unknown" }
  | { readonly kind: "known"; readonly certificate: ClientCertificate }
  | { readonly kind: "refused"; readonly reason: string; readonly alert: Buffer };

/** RFC 8446 section 6.2. */
const BAD_CERTIFICATE = 42;
const ALERTS: Readonly<Record<string, number>> = {
  INVALID_PURPOSE: 43,
  CERT_REVOKED: 44,
  CERT_HAS_EXPIRED: 45,
  UNABLE_TO_GET_ISSUER_CERT: 48,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 48,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 48,
  SELF_SIGNED_CERT_IN_CHAIN: 48,
  DEPTH_ZERO_SELF_SIGNED_CERT: 48,
};

/** Judges the client of a handshake that asked for a certificate, at a time, epoch milliseconds. */
export function readClientPeer(secure: SecureSocket, now: number): ClientPeer {
  const certificate = secure.getPeerX509Certificate();
  if (certificate === undefined) return { kind: "unknown" };
  // Of a session that is resumed OpenSSL remembers what it found at its first handshake, but not for how long that holds.
  const isExpired = certificate.validToDate.getTime() <= now;
  const reason = isExpired ? "CERT_HAS_EXPIRED" : verifyError(secure);
  if (reason === undefined) return { kind: "known", certificate: describeClient(certificate) };
  return { kind: "refused", reason, alert: plainAlert(ALERTS[reason] ?? BAD_CERTIFICATE) };
}

/** A fatal alert before anything is encrypted. */
export function plainAlert(description: number): Buffer {
  return Buffer.from([0x15, 3, 3, 0, 2, 2, description]);
}

/**
 * What OpenSSL found wrong; Node lets every handshake go on, and leaves the judgement to who has the socket. A tls.Server
 * asks this of the same handle; there is no other way to it. Without an answer nobody is let in.
 */
function verifyError(secure: SecureSocket): string | undefined {
  const handle: unknown = Reflect.get(secure, "_handle");
  if (!hasVerifyError(handle)) return "UNKNOWN";
  const error = handle.verifyError();
  if (error === undefined || error === null) return undefined;
  return error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
}

function hasVerifyError(handle: unknown): handle is { verifyError(): unknown } {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "verifyError" in handle &&
    typeof handle.verifyError === "function"
  );
}
