// Failures: one table. A failure is a row; one function (classify.ts) classifies.

/** One row of the failure table. */
export interface FailureRow {
  readonly status: number;
  /** The error type of `Proxy-Status` (RFC 9209 section 2.3). */
  readonly proxyStatus: string;
  readonly fault: "client" | "app" | "platform" | "router";
  /** What happened, for the answer's body and the docs. */
  readonly title: string;
  /** When it is worth asking again: the value of Retry-After. */
  readonly retryAfterSeconds?: number;
}

export const FAILURES = {
  "bad-request": {
    status: 400,
    proxyStatus: "http_request_error",
    fault: "client",
    title: "The request is malformed or ambiguous.",
  },
  "head-too-large": {
    status: 431,
    proxyStatus: "http_request_error",
    fault: "client",
    title: "The request's head is too large.",
  },
  "head-timeout": {
    status: 408,
    proxyStatus: "http_request_error",
    fault: "client",
    title: "The request's head took too long.",
  },
  "body-timeout": {
    status: 408,
    proxyStatus: "http_request_error",
    fault: "client",
    title: "The request's body stopped coming.",
  },
  "body-too-large": {
    status: 413,
    proxyStatus: "http_request_error",
    fault: "client",
    title: "The request's body is too large.",
  },
  "unknown-route": {
    status: 404,
    proxyStatus: "destination_not_found",
    fault: "client",
    title: "No route leads from this host and path.",
  },
  misdirected: {
    status: 421,
    proxyStatus: "http_request_denied",
    fault: "client",
    title: "The connection was made for another host: this one needs a connection of its own.",
  },
  "https-required": {
    status: 308,
    proxyStatus: "http_request_denied",
    fault: "client",
    title: "The same is at the https address.",
  },
  "client-certificate-required": {
    status: 403,
    proxyStatus: "http_request_denied",
    fault: "client",
    title: "The route takes only clients that show a certificate of theirs.",
  },
  "no-instances": {
    status: 503,
    proxyStatus: "destination_unavailable",
    fault: "app",
    title: "The app has no instance.",
    retryAfterSeconds: 5,
  },
  "instances-saturated": {
    status: 503,
    proxyStatus: "connection_limit_reached",
    fault: "app",
    title: "Every instance of the app is at its connection limit.",
    retryAfterSeconds: 1,
  },
  "connect-refused": {
    status: 502,
    proxyStatus: "connection_refused",
    fault: "app",
    title: "The instance refused the connection.",
  },
  "connect-failed": {
    status: 502,
    proxyStatus: "destination_ip_unroutable",
    fault: "platform",
    title: "No connection to the instance could be made.",
  },
  "connect-timeout": {
    status: 504,
    proxyStatus: "connection_timeout",
    fault: "platform",
    title: "The instance did not accept the connection in time.",
  },
  "connect-tls-failed": {
    status: 502,
    proxyStatus: "tls_protocol_error",
    fault: "platform",
    title: "The TLS handshake with the instance failed.",
  },
  "connect-untrusted": {
    status: 502,
    proxyStatus: "tls_certificate_error",
    fault: "platform",
    title: "The instance's certificate is not valid, or of no trusted authority.",
  },
  "connect-misidentified": {
    status: 502,
    proxyStatus: "tls_certificate_error",
    fault: "platform",
    title: "The instance's certificate is somebody else's.",
  },
  "connect-unsupported": {
    status: 502,
    proxyStatus: "proxy_configuration_error",
    fault: "platform",
    title: "The instance speaks a protocol that this router does not.",
  },
  "connect-wrong-protocol": {
    status: 502,
    proxyStatus: "http_protocol_error",
    fault: "app",
    title: "The instance does not speak HTTP/2, though its record says so.",
  },
  "websocket-unsupported": {
    status: 502,
    proxyStatus: "http_upgrade_failed",
    fault: "app",
    title: "The instance takes no WebSocket over HTTP/2.",
  },
  "answer-refused": {
    status: 503,
    proxyStatus: "connection_limit_reached",
    fault: "app",
    title: "The instance refused the request before it acted upon it.",
    retryAfterSeconds: 1,
  },
  "answer-timeout": {
    status: 504,
    proxyStatus: "http_response_timeout",
    fault: "app",
    title: "The instance did not answer in time.",
  },
  "answer-cut": {
    status: 502,
    proxyStatus: "http_response_incomplete",
    fault: "app",
    title: "The instance's answer ended too early.",
  },
  "answer-malformed": {
    status: 502,
    proxyStatus: "http_protocol_error",
    fault: "app",
    title: "The instance's answer is not HTTP.",
  },
  "loop-detected": {
    status: 508,
    proxyStatus: "proxy_loop_detected",
    fault: "platform",
    title: "The request came through this router before.",
  },
  "client-gone": {
    status: 499,
    proxyStatus: "http_request_error",
    fault: "client",
    title: "The client went away.",
  },
  internal: {
    status: 500,
    proxyStatus: "proxy_internal_error",
    fault: "router",
    title: "The router failed.",
  },
} as const satisfies Record<string, FailureRow>;

/** The stable code of a failure: the value of `X-Wayleave-Error`. */
export type FailureCode = keyof typeof FAILURES;
