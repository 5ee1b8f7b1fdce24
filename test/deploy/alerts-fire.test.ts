// Each alert fires when its trouble is there, and is silent when it is not: asked of Prometheus itself.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

import { temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";

import { readAlerts } from "./queries.ts";
import { root } from "./repository.ts";

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

/** A series as it is in trouble, and when all is well; in promtool's notation, a value a minute. */
type Series = Readonly<Record<string, readonly [trouble: string, well: string]>>;

const never = "0x30";
const always = "1x30";
const growing = "0+10x30";
const A = 'job="wayleave",instance="a"';

const SERIES: Readonly<Record<string, Series>> = {
  WayleaveRouterDown: { [`up{${A}}`]: [never, always] },
  WayleaveFailures: {
    [`wayleave_failures_total{${A},fault="platform"}`]: [growing, "0+1x30"],
    [`wayleave_exchanges_total{${A}}`]: ["0+100x30", "0+1000x30"],
  },
  WayleaveInternalFailure: {
    // It is there from its first failure on.
    [`wayleave_failures_total{${A},failure="internal",route="r"}`]: ["_x25 1x5", "1x30"],
  },
  WayleaveNoInstances: {
    [`wayleave_failures_total{${A},failure="no-instances",route="r"}`]: [growing, "7x30"],
  },
  WayleaveUnhealthyRoutes: { [`wayleave_unhealthy_routes{${A},level="down"}`]: [always, never] },
  WayleaveAppFailing: {
    [`wayleave_failures_total{${A},fault="app",route="r"}`]: [growing, "0+1x30"],
    [`wayleave_exchanges_total{${A},route="r"}`]: ["0+100x30", "0+100x30"],
  },
  WayleaveHandshakesFail: {
    [`wayleave_tls_handshake_failures_total{${A},reason="refused-by-client"}`]: [growing, "0+1x30"],
    [`wayleave_tls_handshakes_total{${A}}`]: ["0+100x30", "0+100x30"],
  },
  WayleaveSlowItself: {
    [`wayleave_own_duration_seconds_bucket{${A},le="0.01"}`]: [never, growing],
    [`wayleave_own_duration_seconds_bucket{${A},le="0.25"}`]: [growing, growing],
    [`wayleave_own_duration_seconds_bucket{${A},le="+Inf"}`]: [growing, growing],
  },
  WayleaveWaiting: { [`wayleave_control_state{${A},state="waiting"}`]: [always, never] },
  WayleaveServesLastTable: { [`wayleave_control_state{${A},state="from-disk"}`]: [always, never] },
  WayleaveTableFileRefused: { [`wayleave_control_state{${A},state="refused"}`]: [always, never] },
  WayleaveRemovalsHeld: { [`wayleave_held_removals{${A}}`]: [always, never] },
  WayleaveMassExpiry: { [`wayleave_suspect_instances{${A}}`]: [always, never] },
  WayleaveAuditDifferences: { [`wayleave_audit_differences_total{${A}}`]: [growing, "4x30"] },
  WayleaveWatchRestarts: {
    [`wayleave_watch_restarts_total{${A},reason="silent"}`]: ["0+1x30", "3x30"],
  },
  WayleaveRejectedRecords: { [`wayleave_rejected_records{${A}}`]: [always, never] },
  WayleaveAddressConflicts: { [`wayleave_address_conflicts{${A}}`]: [always, never] },
  // The test's clock begins at 0: half an hour later, 13 days and 100 days are left, and an hour less than nothing.
  WayleaveCertificateExpires: {
    [`wayleave_certificate_expiry_timestamp_seconds{${A},certificate="c"}`]: ["1125000x30", "8640000x30"],
  },
  WayleaveCertificateExpired: {
    [`wayleave_certificate_expiry_timestamp_seconds{${A},certificate="c"}`]: ["60x30", "8640000x30"],
  },
  WayleaveStateNotSaved: { [`wayleave_state_save_failing{${A}}`]: [always, never] },
};

describe("every alert", () => {
  it("has its trouble here", () => {
    expect(Object.keys(SERIES)).toEqual(readAlerts().map(({ alert }) => alert));
  });

  it.skipIf(!hasPromtool)("fires when its trouble is there, and is silent when all is well", () => {
    const tests = Object.entries(SERIES).flatMap(([alert, series]) => [
      ruleTest(alert, valuesOf(series, 0), [{ labels: "{}", value: 1 }]),
      ruleTest(alert, valuesOf(series, 1), []),
    ]);
    const file = path.join(temporaryDirectory("alerts"), "alerts.yml");
    const rules = path.join(root, "deploy/prometheus/alerts.yml");
    writeFileSync(file, stringify({ rule_files: [rules], evaluation_interval: "1m", tests }));
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", file]);
    expect([status, status === 0 ? "" : String(stdout) + String(stderr)]).toEqual([0, ""]);
  });
});

function valuesOf(series: Series, at: 0 | 1): object[] {
  return Object.entries(series).map(([name, values]) => ({ series: name, values: values[at] }));
}

function ruleTest(alert: string, input: readonly object[], samples: readonly object[]): object {
  const expr = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
  return {
    name: alert,
    interval: "1m",
    input_series: input,
    promql_expr_test: [{ expr, eval_time: "30m", exp_samples: samples }],
  };
}
