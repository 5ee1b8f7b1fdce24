import { describe, expect, it } from "vitest";

import { classifyError, handshakeReason, type Stage } from "./classify.ts";
import type { FailureCode } from "./failures.ts";

const cases: [Stage, string, FailureCode][] = [
  ["request", "HPE_INVALID_HEADER_TOKEN", "bad-request"],
  ["request", "HPE_INVALID_CHUNK_SIZE", "bad-request"],
  ["request", "HPE_HEADER_OVERFLOW", "head-too-large"],
  ["request", "HPE_INVALID_EOF_STATE", "client-gone"],
  ["request", "ERR_HTTP_REQUEST_TIMEOUT", "head-timeout"],
  ["request", "ECONNRESET", "client-gone"],
  ["connect", "ECONNREFUSED", "connect-refused"],
  ["connect", "ETIMEDOUT", "connect-timeout"],
  ["connect", "EHOSTUNREACH", "connect-failed"],
  ["connect", "ECONNRESET", "connect-failed"],
  ["connect", "EMFILE", "connect-failed"],
  ["connect", "ERR_UNSPOKEN_PROTOCOL", "connect-unsupported"],
  ["secure", "ECONNREFUSED", "connect-refused"],
  ["secure", "ETIMEDOUT", "connect-timeout"],
  ["secure", "EHOSTUNREACH", "connect-failed"],
  ["secure", "ECONNRESET", "connect-tls-failed"],
  ["secure", "ERR_SSL_WRONG_VERSION_NUMBER", "connect-tls-failed"],
  ["secure", "DEPTH_ZERO_SELF_SIGNED_CERT", "connect-untrusted"],
  ["secure", "CERT_HAS_EXPIRED", "connect-untrusted"],
  ["secure", "ERR_INSTANCE_IDENTITY", "connect-misidentified"],
  ["secure", "ERR_UNSPOKEN_PROTOCOL", "connect-unsupported"],
  ["answer", "ECONNRESET", "answer-cut"],
  ["answer", "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "answer-cut"],
  ["answer", "EPIPE", "answer-cut"],
  ["answer", "HPE_INVALID_EOF_STATE", "answer-cut"],
  ["answer", "HPE_INVALID_CONSTANT", "answer-malformed"],
  ["answer", "HPE_HEADER_OVERFLOW", "answer-malformed"],
];

describe("an error", () => {
  it.each(cases)("in the %s with code %s is %s", (stage, code, failure) => {
    expect(classifyError(Object.assign(new Error("no"), { code }), stage)).toBe(failure);
  });

  it("that nobody foresaw is the router's", () => {
    for (const error of [new TypeError("x is undefined"), undefined, null, "text", { code: 7 }]) {
      expect(classifyError(error, "answer")).toBe("internal");
    }
    expect(classifyError(undefined, "connect")).toBe("connect-failed");
  });
});

const reasonOf = (message: string, fields: object): string | undefined =>
  handshakeReason(Object.assign(new Error(message), fields));

describe("the reason of a failed handshake", () => {
  it("is OpenSSL's own word, else the error's text, and none when the connection itself failed", () => {
    expect(
      reasonOf("F0:error:0A0000C6:ssl/record.c:7:", { code: "ERR_SSL_X", reason: "packet length too long" }),
    ).toBe("packet length too long");
    expect(reasonOf("certificate has expired", { code: "CERT_HAS_EXPIRED" })).toBe("certificate has expired");
    expect(reasonOf("connect ECONNREFUSED", { code: "ECONNREFUSED" })).toBeUndefined();
  });
});
