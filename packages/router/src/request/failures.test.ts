import { describe, expect, it } from "vitest";

import { FAILURES } from "./failures.ts";

// RFC 9209 section 2.3.
const PROXY_STATUS_ERRORS = [
  "dns_timeout",
  "dns_error",
  "destination_not_found",
  "destination_unavailable",
  "destination_ip_prohibited",
  "destination_ip_unroutable",
  "connection_refused",
  "connection_terminated",
  "connection_timeout",
  "connection_read_timeout",
  "connection_write_timeout",
  "connection_limit_reached",
  "tls_protocol_error",
  "tls_certificate_error",
  "tls_alert_received",
  "http_request_error",
  "http_request_denied",
  "http_response_incomplete",
  "http_response_header_section_size",
  "http_response_header_size",
  "http_response_body_size",
  "http_response_trailer_section_size",
  "http_response_trailer_size",
  "http_response_transfer_coding",
  "http_response_content_coding",
  "http_response_timeout",
  "http_upgrade_failed",
  "http_protocol_error",
  "proxy_internal_response",
  "proxy_internal_error",
  "proxy_configuration_error",
  "proxy_loop_detected",
];

describe.each(Object.entries(FAILURES))("the failure %s", (code, row) => {
  it("has a stable code, a registered Proxy-Status and a status that says whose fault it is", () => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(PROXY_STATUS_ERRORS).toContain(row.proxyStatus);
    if (row.fault === "client") expect(row.status).toBeLessThan(500);
    else expect(row.status).toBeGreaterThanOrEqual(500);
    expect(row.title).toMatch(/^The? .*\.$|^No .*\.$|^Every .*\.$/);
  });
});
