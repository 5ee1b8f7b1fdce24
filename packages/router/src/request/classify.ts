// Failures: one table, and here the one function that classifies.

import type { FailureCode } from "./failures.ts";

/**
 * Where an error came up: while the client sent (`request`), while an instance was connected to
 * (`connect`), or after that and before the whole answer was there (`answer`).
 */
export type Stage = "request" | "connect" | "answer";

const CODES: Record<Stage, Readonly<Record<string, FailureCode>>> = {
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

/** Classifies an error of a socket or of Node's HTTP parser (`HPE_...`) by its code. */
export function classifyError(error: unknown, stage: Stage): FailureCode {
  const code = codeOf(error);
  const known = CODES[stage][code];
  if (known !== undefined) return known;
  // The parser saw the message end in its middle.
  if (code === "HPE_INVALID_EOF_STATE") return stage === "request" ? "client-gone" : "answer-cut";
  if (stage === "connect") return "connect-failed";
  if (code.startsWith("HPE_")) return stage === "request" ? "bad-request" : "answer-malformed";
  return "internal";
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
