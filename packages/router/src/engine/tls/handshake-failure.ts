// Why handshakes fail: one table. The metrics count by it.

/** What each reason means; for the docs. */
export const HANDSHAKE_FAILURES = {
  "no-certificate":
    "no certificate is for the host that the client names, or it names none, and there is no default",
  "client-certificate": "the client showed no certificate though it must, or one by which nobody is let in",
  "refused-by-client": "the client does not take the router's certificate, or what else it was offered",
  "protocol-too-old": "the client offers no TLS 1.2 or 1.3",
  "no-common-suite": "no suite or signature algorithm that both have",
  "no-common-protocol": "none of the protocols that the client names is HTTP/2 or HTTP/1.1 (ALPN)",
  "not-tls": "it was no TLS: plain HTTP, as a rule",
  "proxy-header": "there was no good PROXY header before it",
  timeout: "it was not done within `listener.headMs`",
  "client-gone": "the client went away: probes that only connect are of these",
  "connection-limit": "there were `listener.maxConnections` already",
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
