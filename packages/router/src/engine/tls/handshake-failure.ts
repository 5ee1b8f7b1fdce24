// Why handshakes fail: one table. The metrics count by it.

/** What each reason means; for the docs. */
export const HANDSHAKE_FAILURES = {
  "no-certificate": "none is for the host that the client names, and there is no default",
  "client-certificate": "the client showed none though it must, or a bad one",
  "refused-by-client": "it does not take the router's certificate",
  "protocol-too-old": "it has no TLS 1.2",
  "no-common-suite": "or signature algorithm",
  "no-common-protocol": "by ALPN",
  "not-tls": "plain HTTP, as a rule",
  "proxy-header": "a bad one before it",
  timeout: "`listener.headMs`",
  "client-gone": "among them probes that only connect",
  "connection-limit": "`listener.maxConnections`",
  other: "anything else",
} as const;

export type HandshakeFailure = keyof typeof HANDSHAKE_FAILURES;

const BY_CODE: Readonly<Record<string, HandshakeFailure>> = {
  ECONNRESET: "client-gone",
  EPIPE: "client-gone",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "protocol-too-old",
  ERR_SSL_VERSION_TOO_LOW: "protocol-too-old",
  ERR_SSL_NO_SHARED_CIPHER: "no-common-suite",
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: "no-common-suite",
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: "no-common-suite",
  ERR_SSL_NO_SUITABLE_GROUPS: "no-common-suite",
  ERR_SSL_NO_SUITABLE_KEY_SHARE: "no-common-suite",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "no-common-protocol",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "client-certificate",
  ERR_SSL_HTTP_REQUEST: "not-tls",
  ERR_SSL_HTTPS_PROXY_REQUEST: "not-tls",
  ERR_SSL_WRONG_VERSION_NUMBER: "not-tls",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "not-tls",
  ERR_SSL_RECORD_TOO_SMALL: "not-tls",
  ERR_SSL_UNEXPECTED_MESSAGE: "not-tls",
  ERR_SSL_BAD_RECORD_TYPE: "not-tls",
};

/** What an error of a connection says that broke off in its handshake. */
export function classifyHandshake(error: Error): HandshakeFailure {
  const code = "code" in error ? String(error.code) : "";
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  return code.includes("_ALERT_") ? "refused-by-client" : "other";
}
