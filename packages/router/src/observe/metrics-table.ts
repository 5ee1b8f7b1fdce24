// Every metric that a router has, in one table: the docs are made of it, and a test holds it to what
// /metrics says. Base units: seconds, bytes. Beside these there are process_* and nodejs_*.

import { HANDSHAKE_FAILURES } from "../engine/tls/handshake-failure.ts";

export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
}

export const METRICS = {
  // The request path.
  wayleave_exchanges_total: {
    type: "counter",
    labels: ["route", "status_class"],
    help: "Exchanges that are over, by the route (host and path; `none`: no route matched; `other`: beyond 1,000 routes) and the class of the status that the client got.",
  },
  wayleave_exchange_duration_seconds: {
    type: "histogram",
    labels: ["route"],
    help: "From the end of the request's head to the end of the answer. Without upgraded connections. Beyond 100 routes all are `other`.",
  },
  wayleave_instance_duration_seconds: {
    type: "histogram",
    labels: [],
    help: "The part of the exchange that went to instances: connecting, sending, and waiting for the answer.",
  },
  wayleave_own_duration_seconds: {
    type: "histogram",
    labels: [],
    help: "The part of the exchange that the router itself took.",
  },
  wayleave_failures_total: {
    type: "counter",
    labels: ["route", "failure", "fault"],
    help: "Exchanges that the router answered itself or cut short, by the failure's code (the value of X-Wayleave-Error) and whose fault it is.",
  },
  wayleave_retries_total: {
    type: "counter",
    labels: ["failure"],
    help: "Attempts that were given up for another instance, by why.",
  },
  wayleave_received_bytes_total: {
    type: "counter",
    labels: ["route"],
    help: "Bytes of request bodies, and of upgraded connections, from clients.",
  },
  wayleave_sent_bytes_total: {
    type: "counter",
    labels: ["route"],
    help: "Bytes of answers' bodies, and of upgraded connections, to clients.",
  },
  wayleave_upgrades_total: {
    type: "counter",
    labels: [],
    help: "Upgraded connections (WebSockets) that are over.",
  },
  wayleave_trace_spans_total: {
    type: "counter",
    labels: ["outcome"],
    help: "Spans that the collector of traces took (`exported`), or that were lost (`dropped`): it did not answer, or too many waited.",
  },
  wayleave_tls_handshakes_total: {
    type: "counter",
    labels: ["kind", "version", "protocol"],
    help: "TLS handshakes that came to a connection, `full` or `resumed` from a session, by the version of TLS and the protocol of ALPN.",
  },
  wayleave_tls_handshake_failures_total: {
    type: "counter",
    labels: ["reason"],
    help: `TLS handshakes that came to nothing, by why: ${reasonsOf(HANDSHAKE_FAILURES)}.`,
  },
  wayleave_http2_floods_total: {
    type: "counter",
    labels: ["kind"],
    help: "HTTP/2 connections that were ended because their client had too much done: resets, pings, settings, requests that were refused, or frames that belong to no request.",
  },
  wayleave_client_connections: { type: "gauge", labels: [], help: "Open connections of clients." },
  wayleave_instance_http2_connections: {
    type: "gauge",
    labels: [],
    help: "Connections of HTTP/2 to instances, each shared by many exchanges: open, being made, or finishing what runs.",
  },
  wayleave_active_exchanges: {
    type: "gauge",
    labels: [],
    help: "Exchanges that have begun and are not over, upgraded connections among them.",
  },

  // The config path.
  wayleave_table_revision: {
    type: "gauge",
    labels: [],
    help: "The etcd revision that the table has applied; 0 when there is no table.",
  },
  wayleave_table_routes: { type: "gauge", labels: [], help: "Routes in the table." },
  wayleave_table_apps: { type: "gauge", labels: [], help: "Apps in the table: those with an instance." },
  wayleave_table_instances: { type: "gauge", labels: [], help: "Instances in the table." },
  wayleave_certificate_expiry_timestamp_seconds: {
    type: "gauge",
    labels: ["certificate"],
    help: "When a certificate in the table, with its chain, is valid no more: Unix time. Of the 100 that expire first, and of the authorities of clients (`--client-ca`).",
  },
  wayleave_unhealthy_routes: {
    type: "gauge",
    labels: ["level"],
    help: "Routes that are down (no instance of theirs serves) or degraded (some do not); /api/status says which and why.",
  },
  wayleave_table_staleness_seconds: {
    type: "gauge",
    labels: [],
    help: "Since the link to etcd was last proved to be live; absent before the first proof.",
  },
  wayleave_control_state: {
    type: "gauge",
    labels: ["state"],
    help: "1 for the state of the config path: waiting, from-disk, live, reconnecting, refused; 0 for the others.",
  },
  wayleave_change_duration_seconds: {
    type: "histogram",
    labels: [],
    help: "From receiving a revision to every table having it. etcd keeps no time of a commit, so the way from etcd is not in it.",
  },
  wayleave_watch_restarts_total: {
    type: "counter",
    labels: ["reason"],
    help: "How often the watch on etcd ended and was made anew, by why.",
  },
  wayleave_lists_total: {
    type: "counter",
    labels: ["reason"],
    help: "How often all records were listed, by why.",
  },
  wayleave_audit_differences_total: {
    type: "counter",
    labels: [],
    help: "Keys that audits found to differ from etcd. Must stay 0.",
  },
  wayleave_rejected_records: {
    type: "gauge",
    labels: [],
    help: "Records whose newest value is bad; /api/rejected names them.",
  },
  wayleave_address_conflicts: {
    type: "gauge",
    labels: [],
    help: "Addresses that more than one instance record claims; /api/conflicts names them.",
  },
  wayleave_held_removals: {
    type: "gauge",
    labels: [],
    help: "Records that a re-list lost and that are kept for now, because it lost most of them.",
  },
  wayleave_suspect_instances: {
    type: "gauge",
    labels: [],
    help: "Instances that vanished in a mass expiry and are kept as last choice.",
  },
  wayleave_state_saved_timestamp_seconds: {
    type: "gauge",
    labels: [],
    help: "When the table was last saved to disk, as Unix time; absent without --state-dir and before the first save.",
  },
  wayleave_state_save_failing: {
    type: "gauge",
    labels: [],
    help: "1 when the table could not be saved to disk the last time.",
  },
  wayleave_workers: {
    type: "gauge",
    labels: [],
    help: "Processes that take requests; 0: the main process does. process_* and nodejs_* are of the main process.",
  },
  wayleave_worker_losses_total: {
    type: "counter",
    labels: [],
    help: "Workers that ended without being told to. Each is replaced; what it counted in its last second is lost.",
  },
  wayleave_worker_cpu_seconds_total: {
    type: "counter",
    labels: ["worker"],
    help: "User and system CPU time of the process that serves a worker's place, since it was started. Of the main process: process_cpu_seconds_total.",
  },
  wayleave_worker_resident_memory_bytes: {
    type: "gauge",
    labels: ["worker"],
    help: "Resident memory of the process that serves a worker's place.",
  },
  wayleave_build_info: {
    type: "gauge",
    labels: ["version", "engine"],
    help: "Always 1; the labels tell what runs.",
  },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof METRICS;

function reasonsOf(reasons: Readonly<Record<string, string>>): string {
  return Object.entries(reasons)
    .map(([reason, meaning]) => `\`${reason}\` (${meaning})`)
    .join(", ");
}
