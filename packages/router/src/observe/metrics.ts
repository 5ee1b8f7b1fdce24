// What /metrics says. The one module that knows the client library, which gives process_* and nodejs_*.

import { setImmediate } from "node:timers/promises";

import { Registry, collectDefaultMetrics } from "@prometheus-io/client";

import { readAuthorities } from "../certificates/read-authorities.ts";
import type { ControlState, ControlStatus } from "../control/control-status.ts";
import { FLOOD_KINDS } from "../engine/http2/flood-watch.ts";
import { HANDSHAKE_FAILURES } from "../engine/tls/handshake-failure.ts";
import { FAILURES } from "../request/failures.ts";
import type { Table } from "../table/table.ts";
import { type ConnectionCounts, HANDSHAKE_KEYS, handshakeLabels } from "./connection-counts.ts";
import type { ControlCounts } from "./control-counts.ts";
import type { ExchangeCounts, RouteCounts } from "./exchange-counts.ts";
import { type HistogramSample, type Sample, writeHistograms, writeSamples } from "./exposition.ts";
import type { Histogram } from "./histogram.ts";
import type { MetricName } from "./metrics-table.ts";
import { RECEIVED, SENT, STATUS_CELLS, durationsIn } from "./route-cells.ts";

const CERTIFICATES_SHOWN = 100;
const LINES_A_TURN = 1_000;
const STATES: readonly ControlState[] = ["waiting", "from-disk", "live", "reconnecting", "refused"];

/** What the metrics are read from. */
export interface MetricsSources {
  readonly exchangeCounts: ExchangeCounts;
  readonly controlCounts: ControlCounts;
  readonly table: Table;
  readonly control: { readonly status: ControlStatus };
  /** Open client connections, now. */
  readonly connections: () => number;
  /** Connections of HTTP/2 to instances, now. */
  readonly instanceSessions: () => number;
  readonly version: string;
  readonly engine: string;
  /** How many routes are not well, by how bad it is. */
  readonly unhealthyRoutes: () => Readonly<Record<"down" | "degraded", number>>;
  /** Brings the counts up to now. */
  readonly refresh: () => Promise<void>;
  /** When the exchanges are counted in other processes. */
  readonly fleet?: MeteredFleet | undefined;
}

/** Processes that count exchanges. */
export interface MeteredFleet {
  readonly count: number;
  /** Of them, so many ended without being told to. */
  readonly exits: number;
  views(): readonly MeteredWorker[];
}

/** One of them; `retired`: it has a successor in its place. */
export interface MeteredWorker {
  readonly place: number;
  readonly state: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** The metrics of one router. */
export class Metrics {
  readonly contentType: string = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #sources: MetricsSources;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    processMetrics();
  }

  /** All metrics as text. Lets requests in between: a table of 1,000 routes has 10,000 lines. */
  async text(): Promise<string> {
    await this.#sources.refresh();
    let text = "";
    let lines = 0;
    for (const line of this.#lines()) {
      text += line;
      lines += 1;
      if (lines % LINES_A_TURN === 0) await setImmediate();
    }
    return text + (await processMetrics().metrics());
  }

  *#lines(): Iterable<string> {
    yield* exchangeLines(this.#sources);
    yield* tableLines(this.#sources);
    yield* controlLines(this.#sources);
    const { version, engine, fleet } = this.#sources;
    yield* one("wayleave_workers", fleet?.count ?? 0);
    yield* one("wayleave_worker_losses_total", fleet?.exits ?? 0);
    const workers = fleet?.views().filter(({ state }) => state !== "retired") ?? [];
    yield* writeSamples("wayleave_worker_cpu_seconds_total", byWorker(workers, "cpuSeconds"));
    yield* writeSamples("wayleave_worker_resident_memory_bytes", byWorker(workers, "residentBytes"));
    yield* writeSamples("wayleave_build_info", [{ labels: { version, engine }, value: 1 }]);
  }
}

/**
 * The library's histogram of the event loop's lag wakes an idle process a hundred times a second, and its utilization ten times,
 * which together took half a percent of a core. `nodejs_eventloop_utilization_*` says how busy the loop is.
 */
const NEVER_MS = 2 ** 31 - 1;
const UTILIZATION_MS = 1_000;
const LAG_METRICS = ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map(
  (figure) => `nodejs_eventloop_lag_${figure}_seconds`,
);
let processRegistry: Registry | undefined;

// One for the process, however many routers it runs: the client library never stops what it starts here.
function processMetrics(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({
      register: processRegistry,
      eventLoopMonitoringPrecision: NEVER_MS,
      eventLoopUtilizationTimeout: UTILIZATION_MS,
    });
    for (const name of LAG_METRICS) processRegistry.removeSingleMetric(name);
  }
  return processRegistry;
}

function* exchangeLines({ exchangeCounts, connections, instanceSessions }: MetricsSources): Iterable<string> {
  const routes = exchangeCounts.routes();
  yield* writeSamples("wayleave_exchanges_total", routes.flatMap(statusSamples));
  yield* writeSamples("wayleave_failures_total", routes.flatMap(failureSamples));
  yield* writeSamples("wayleave_received_bytes_total", routes.map(byRoute(RECEIVED)));
  yield* writeSamples("wayleave_sent_bytes_total", routes.map(byRoute(SENT)));
  yield* writeHistograms("wayleave_exchange_duration_seconds", routes.flatMap(durationSamples));
  yield* histogram("wayleave_instance_duration_seconds", exchangeCounts.instanceDuration);
  yield* histogram("wayleave_own_duration_seconds", exchangeCounts.ownDuration);
  yield* writeSamples("wayleave_retries_total", byLabel("failure", exchangeCounts.retries));
  yield* one("wayleave_upgrades_total", exchangeCounts.upgrades);
  yield* writeSamples(
    "wayleave_trace_spans_total",
    byLabel("outcome", new Map(Object.entries(exchangeCounts.spans))),
  );
  yield* connectionLines(exchangeCounts.connections);
  yield* one("wayleave_client_connections", connections());
  yield* one("wayleave_instance_http2_connections", instanceSessions());
  yield* one("wayleave_active_exchanges", exchangeCounts.active);
}

// Also what has not happened yet: an alert asks for the increase, which it cannot see of a series that is new.
function* connectionLines({ handshakes, failures, floods }: ConnectionCounts): Iterable<string> {
  const done = HANDSHAKE_KEYS.map((key) => ({
    labels: handshakeLabels(key),
    value: handshakes.get(key) ?? 0,
  }));
  yield* writeSamples("wayleave_tls_handshakes_total", done);
  yield* writeSamples(
    "wayleave_tls_handshake_failures_total",
    byLabel("reason", withZeros(Object.keys(HANDSHAKE_FAILURES), failures)),
  );
  yield* writeSamples("wayleave_http2_floods_total", byLabel("kind", withZeros(FLOOD_KINDS, floods)));
}

function withZeros(names: readonly string[], counts: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(names.map((name) => [name, counts.get(name) ?? 0]));
}

function* tableLines({ table, control, unhealthyRoutes }: MetricsSources): Iterable<string> {
  const { revision, stalenessSeconds, state } = control.status;
  yield* one("wayleave_table_revision", revision);
  yield* one("wayleave_table_routes", table.routeCount);
  yield* one("wayleave_table_apps", table.appCount);
  yield* one("wayleave_table_instances", table.instanceCount);
  yield* writeSamples("wayleave_certificate_expiry_timestamp_seconds", expirySamples(table));
  yield* one("wayleave_table_staleness_seconds", stalenessSeconds);
  const unhealthy = Object.entries(unhealthyRoutes());
  yield* writeSamples(
    "wayleave_unhealthy_routes",
    unhealthy.map(([level, value]) => ({ labels: { level }, value })),
  );
  const states = STATES.map((each) => ({ labels: { state: each }, value: each === state ? 1 : 0 }));
  yield* writeSamples("wayleave_control_state", states);
}

function expirySamples({ certificates, clientAuthority }: MetricsSources["table"]): Sample[] {
  const served = [...certificates.entries()]
    .map(({ name, certificate }) => ({ name, notAfter: certificate.notAfter }))
    .toSorted((a, b) => a.notAfter - b.notAfter)
    .slice(0, CERTIFICATES_SHOWN);
  const read = clientAuthority && readAuthorities(clientAuthority.certificates);
  const asked = read?.ok === true ? [{ name: "--client-ca", notAfter: read.value.notAfter }] : [];
  return [...asked, ...served].map(({ name, notAfter }) => ({
    labels: { certificate: name },
    value: notAfter / 1_000,
  }));
}

function* controlLines({ controlCounts, control }: MetricsSources): Iterable<string> {
  const { status } = control;
  const { stateFile } = status;
  yield* histogram("wayleave_change_duration_seconds", controlCounts.changeDuration);
  yield* writeSamples("wayleave_watch_restarts_total", byLabel("reason", controlCounts.watchRestarts));
  yield* writeSamples("wayleave_lists_total", byLabel("reason", controlCounts.lists));
  yield* one("wayleave_audit_differences_total", controlCounts.auditDifferences);
  yield* one("wayleave_rejected_records", status.rejected);
  yield* one("wayleave_address_conflicts", status.addressConflicts);
  yield* one("wayleave_held_removals", status.hold?.removals ?? 0);
  yield* one("wayleave_suspect_instances", status.suspects);
  if (stateFile === null) return;
  const { savedAt, failure } = stateFile;
  yield* one("wayleave_state_saved_timestamp_seconds", savedAt === null ? null : savedAt / 1_000);
  yield* one("wayleave_state_save_failing", failure === null ? 0 : 1);
}

function one(name: MetricName, value: number | null): Iterable<string> {
  return writeSamples(name, value === null ? [] : [{ value }]);
}

function histogram(name: MetricName, of: Histogram): Iterable<string> {
  return writeHistograms(name, [{ histogram: of }]);
}

function byLabel(label: string, counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].map(([text, value]) => ({ labels: { [label]: text }, value }));
}

function byWorker(workers: readonly MeteredWorker[], what: "cpuSeconds" | "residentBytes"): Sample[] {
  return workers.map((worker) => ({ labels: { worker: String(worker.place) }, value: worker[what] }));
}

function byRoute(cell: number): (route: RouteCounts) => Sample {
  return ({ label, cells }) => ({ labels: { route: label }, value: cells[cell] ?? 0 });
}

function statusSamples({ label, cells }: RouteCounts): Sample[] {
  return [...cells.subarray(0, STATUS_CELLS).entries()]
    .filter(([, count]) => count > 0)
    .map(([digit, value]) => ({ labels: { route: label, status_class: `${digit}xx` }, value }));
}

function failureSamples({ label, failures }: RouteCounts): Sample[] {
  return [...failures].map(([failure, value]) => ({
    labels: { route: label, failure, fault: FAILURES[failure].fault },
    value,
  }));
}

function durationSamples({ label, cells, hasHistogram }: RouteCounts): HistogramSample[] {
  return hasHistogram ? [{ labels: { route: label }, histogram: durationsIn(cells) }] : [];
}
