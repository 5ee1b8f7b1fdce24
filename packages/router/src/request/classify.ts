// Failures: one table, and here the one function that classifies.

import type { FailureCode } from "./failures.ts";

/**
 * Where an error came up: while the client sent (`request`), while an instance was connected to (`connect`; `secure`,
 * when it had to prove who it is), or after that and before the whole answer was there (`answer`).
 */
export type Stage = "request" | "connect" | "secure" | "answer";

const CODES: Record<Exclude<Stage, "secure">, Readonly<Record<string, FailureCode>>> = {
  request: {
    HPE_HEADER_OVERFLOW: "head-too-large",
    ERR_HTTP_REQUEST_TIMEOUT: "head-timeout",
    ECONNRESET: "client-gone",
    ECONNABORTED: "client-gone",
    EPIPE: "client-gone",
    ETIMEDOUT: "client-gone",
    ERR_STREAM_PREMATURE_CLOSE: "client-gone",
  },
  connect: {
    ECONNREFUSED: "connect-refused",
    ETIMEDOUT: "connect-timeout",
    ERR_HTTP2_ERROR: "connect-wrong-protocol",
    ERR_UNSPOKEN_PROTOCOL: "connect-unsupported",
  },
  answer: {
    ECONNRESET: "answer-cut",
    ECONNABORTED: "answer-cut",
    EPIPE: "answer-cut",
    ETIMEDOUT: "answer-cut",
    ENOTCONN: "answer-cut",
    EHOSTUNREACH: "answer-cut",
    ENETUNREACH: "answer-cut",
    ERR_STREAM_PREMATURE_CLOSE: "answer-cut",
    ERR_STREAM_DESTROYED: "answer-cut",
    ERR_HTTP2_ERROR: "answer-malformed",
    ERR_HTTP2_SESSION_ERROR: "answer-cut",
  },
};

/** How TLS fails: OpenSSL's own errors, alerts among them, and the connection's. */
const TLS = /^(?:ERR_SSL_|ERR_TLS_|ERR_INSTANCE_TLS|EPROTO|ECONNRESET|ECONNABORTED|EPIPE)/;
/** What is wrong with a chain, as Node calls OpenSSL's verdicts on it (X509_V_ERR_...). */
const UNTRUSTED =
  /^(?:CERT_|CRL_|ERROR_IN_C|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|PATH_LENGTH_|UNSPECIFIED)/;
/** In TLS 1.3 the instance judges our certificate when the handshake is over for us (RFC 8446 section 4.4.2.4). */
const REFUSES_OURS = /^ERR_SSL_\w*ALERT_(?:\w*CERTIFICATE\w*|UNKNOWN_CA|ACCESS_DENIED)/;

/** The instance refused our certificate: it is no answer, and it has not looked at the request. */
export function refusesCertificate(error: unknown): boolean {
  return REFUSES_OURS.test(codeOf(error));
}

/** Classifies an error of a socket or of Node's HTTP parser (`HPE_...`) by its code. */
export function classifyError(error: unknown, stage: Stage): FailureCode {
  const code = codeOf(error);
  if (stage === "secure") return classifyHandshake(code) ?? classifyError(error, "connect");
  const known = CODES[stage][code];
  if (known !== undefined) return known;
  // The parser saw the message end in its middle.
  if (code === "HPE_INVALID_EOF_STATE") return stage === "request" ? "client-gone" : "answer-cut";
  if (stage === "connect") return "connect-failed";
  if (stage === "answer" && TLS.test(code)) return "answer-cut";
  if (code.startsWith("HPE_")) return stage === "request" ? "bad-request" : "answer-malformed";
  return "internal";
}

function classifyHandshake(code: string): FailureCode | undefined {
  if (code === "ERR_INSTANCE_IDENTITY") return "connect-misidentified";
  if (TLS.test(code)) return "connect-tls-failed";
  return UNTRUSTED.test(code) ? "connect-untrusted" : undefined;
}

/**
 * Why a TLS handshake failed, as a person wants to read it: OpenSSL's own text is full of source lines. undefined: it
 * was not the handshake that failed, but the connection below.
 */
export function handshakeReason(error: Error): string | undefined {
  if (classifyHandshake(codeOf(error)) === undefined) return undefined;
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
