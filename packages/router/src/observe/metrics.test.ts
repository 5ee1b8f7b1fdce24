import { X509Certificate } from "node:crypto";

import { TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import type { ControlStatus } from "../control/control-status.ts";
import type { ExchangeSummary } from "../request/exchange-summary.ts";
import { sampleCertificate } from "../table/samples.ts";
import { Table } from "../table/table.ts";
import { ControlCounts } from "./control-counts.ts";
import { ExchangeCounts } from "./exchange-counts.ts";
import { METRICS } from "./metrics-table.ts";
import { Metrics } from "./metrics.ts";

const authority = new TestAuthority();
const STATUS: ControlStatus = {
  state: "live",
  revision: 7,
  stalenessSeconds: 1.5,
  endpoint: "http://127.0.0.1:2379",
  reason: null,
  error: null,
  rejected: 1,
  addressConflicts: 2,
  suspects: 3,
  hold: { removals: 4, since: 0, until: 1 },
  audit: null,
  stateFile: { savedAt: 5_000, failure: null },
  replicaFailure: null,
};

const WORKERS = [
  { place: 0, state: "serving", cpuSeconds: 1.5, residentBytes: 70_000_000 },
  { place: 1, state: "serving", cpuSeconds: 2, residentBytes: 80_000_000 },
  { place: 1, state: "retired", cpuSeconds: 900, residentBytes: 90_000_000 },
];

function summary(change: Partial<ExchangeSummary>): ExchangeSummary {
  return {
    requestId: "r",
    startedAt: 0,
    client: { address: "127.0.0.1", port: 1, localPort: 2, isTls: false },
    method: "GET",
    host: "shop.example.com",
    target: "/",
    httpVersion: "1.1",
    route: { host: "shop.example.com", path: "/" },
    app: "shop",
    instance: undefined,
    status: 200,
    failure: undefined,
    detail: undefined,
    attempts: 1,
    retried: [],
    bytesIn: 10,
    bytesOut: 20,
    totalMs: 30,
    instanceMs: 29,
    ownMs: 1,
    isUpgraded: false,
    ...change,
  };
}

function observed(summaries: readonly ExchangeSummary[]): Promise<string> {
  const exchanges = new ExchangeCounts();
  for (const each of summaries) exchanges.observe(each);
  return textOf(exchanges);
}

function textOf(exchangeCounts: ExchangeCounts, status = STATUS): Promise<string> {
  const controlCounts = new ControlCounts();
  controlCounts.listed("start");
  controlCounts.watchEnded("cut");
  const table = new Table({ affinityKey: "key" });
  table.certificates.set("shop", sampleCertificate());
  const clientAuthority = { certificates: authority.certificate, isRequired: false };
  table.apply({ revision: 7, routes: [], instances: [], clientAuthority });
  const control = { status };
  return new Metrics({
    exchangeCounts,
    controlCounts,
    table,
    control,
    connections: () => 9,
    instanceSessions: () => 4,
    version: "1",
    engine: "wire",
    refresh: () => Promise.resolve(),
    unhealthyRoutes: () => ({ down: 1, degraded: 2 }),
    fleet: { count: 2, exits: 0, views: () => WORKERS },
  }).text();
}

describe("the metrics", () => {
  it("are exactly those of the table of metrics, of their type, with their labels", async () => {
    const text = await observed([
      summary({ failure: "connect-refused", status: 502, retried: ["connect-timeout"] }),
    ]);
    const types = [...text.matchAll(/^# TYPE (wayleave_\w+) (\w+)$/gm)];
    const told = new Set(types.map(([, name, type]) => `${name} ${type}`));
    expect(told).toEqual(new Set(Object.entries(METRICS).map(([name, { type }]) => `${name} ${type}`)));
    for (const [, name = "", labels = ""] of text.matchAll(
      /^(wayleave_\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$/gm,
    )) {
      const allowed: readonly string[] =
        new Map<string, { labels: readonly string[] }>(Object.entries(METRICS)).get(name)?.labels ?? [];
      const given = [...labels.matchAll(/(\w+)="/g)]
        .map(([, label]) => label)
        .filter((label) => label !== "le");
      expect(given).toEqual(allowed);
    }
  });

  it("tell of the process at each worker's place, and not of the one before it", async () => {
    const text = await observed([]);
    expect(text.match(/^wayleave_worker_\w+\{.*$/gm)).toEqual([
      'wayleave_worker_cpu_seconds_total{worker="0"} 1.5',
      'wayleave_worker_cpu_seconds_total{worker="1"} 2',
      'wayleave_worker_resident_memory_bytes{worker="0"} 70000000',
      'wayleave_worker_resident_memory_bytes{worker="1"} 80000000',
    ]);
  });

  it("tell how many connections there are, on either side", async () => {
    expect((await observed([])).match(/^wayleave_\w+_connections .*$/gm)).toEqual([
      "wayleave_client_connections 9",
      "wayleave_instance_http2_connections 4",
    ]);
  });

  it("count by route and class, and keep failures and retries apart", async () => {
    const text = await observed([
      summary({}),
      summary({ status: 204 }),
      summary({ status: 503, failure: "no-instances" }),
      summary({ status: 404, failure: "unknown-route", route: undefined }),
      summary({ retried: ["connect-refused", "connect-refused"], attempts: 3 }),
    ]);
    expect(text).toContain('wayleave_exchanges_total{route="shop.example.com/",status_class="2xx"} 3\n');
    expect(text).toContain('wayleave_exchanges_total{route="none",status_class="4xx"} 1\n');
    expect(text).toContain(
      'wayleave_failures_total{route="shop.example.com/",failure="no-instances",fault="app"} 1\n',
    );
    expect(text).toContain('wayleave_retries_total{failure="connect-refused"} 2\n');
    expect(text).toContain('wayleave_received_bytes_total{route="shop.example.com/"} 40\n');
    expect(text).toContain(
      'wayleave_exchange_duration_seconds_bucket{route="shop.example.com/",le="0.05"} 4\n',
    );
  });

  it("tell when certificates end, and the authorities of clients' ones", async () => {
    const { validToDate } = new X509Certificate(authority.certificate);
    expect((await observed([])).match(/^wayleave_certificate_expiry.*$/gm)).toEqual([
      `wayleave_certificate_expiry_timestamp_seconds{certificate="--client-ca"} ${validToDate.getTime() / 1_000}`,
      'wayleave_certificate_expiry_timestamp_seconds{certificate="shop"} 1000000000000',
    ]);
  });

  it("tell how handshakes ended, and who was ended for a flood", async () => {
    const exchanges = new ExchangeCounts();
    const { connections } = exchanges;
    connections.handshakeDone({ isResumed: true, version: "TLSv1.3", protocol: "h2" });
    connections.handshakeDone({ isResumed: false, version: "TLSv1.2", protocol: undefined });
    connections.handshakeFailed("timeout");
    connections.flooded("reset");
    const text = await textOf(exchanges);
    expect(text.match(/^wayleave_(?:tls|http2)_.* [1-9]\d*$/gm)).toEqual([
      'wayleave_tls_handshakes_total{kind="full",version="TLSv1.2",protocol="none"} 1',
      'wayleave_tls_handshakes_total{kind="resumed",version="TLSv1.3",protocol="h2"} 1',
      'wayleave_tls_handshake_failures_total{reason="timeout"} 1',
      'wayleave_http2_floods_total{kind="reset"} 1',
    ]);
    expect(text).toContain('wayleave_tls_handshake_failures_total{reason="not-tls"} 0\n');
  });

  it("keep WebSockets out of the durations", async () => {
    const text = await observed([summary({ isUpgraded: true, status: 101, totalMs: 3_600_000 })]);
    expect(text).toContain("wayleave_upgrades_total 1\n");
    expect(text).toContain('wayleave_exchange_duration_seconds_count{route="shop.example.com/"} 0\n');
  });

  it("have at most 1,000 routes, and give a label free when its route goes", async () => {
    const exchanges = new ExchangeCounts();
    for (let index = 0; index < 1_100; index += 1) {
      exchanges.observe(summary({ route: { host: `h${index}`, path: "/" } }));
    }
    expect([...exchanges.routes()]).toHaveLength(1_002);
    expect(await textOf(exchanges)).toContain(
      'wayleave_exchanges_total{route="other",status_class="2xx"} 100\n',
    );
    exchanges.forget("h0", "/");
    exchanges.observe(summary({ route: { host: "new", path: "/" } }));
    expect(await textOf(exchanges)).toContain(
      'wayleave_exchanges_total{route="new/",status_class="2xx"} 1\n',
    );
  });

  it("have no age of a table that there is not", async () => {
    const text = await textOf(new ExchangeCounts(), { ...STATUS, stalenessSeconds: null, stateFile: null });
    expect(text).not.toContain("wayleave_table_staleness_seconds");
    expect(text).not.toContain("wayleave_state_save");
  });

  it("tell of the process too", async () => {
    expect(await observed([])).toMatch(/^process_cpu_seconds_total \S+$/m);
  });
});
