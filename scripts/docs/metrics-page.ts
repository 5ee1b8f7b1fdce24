import { METRICS, type MetricRow } from "@wayleave/router";

import { inline, page, table } from "./markdown.ts";

/** docs/reference/metrics.md: every metric that a router has. */
export function metricsPage(): string {
  const rows: readonly (readonly [string, MetricRow])[] = Object.entries(METRICS);
  return page("Metrics", [
    "At `/metrics` of the admin listener, in the text format of Prometheus; off loopback it takes the admin token. Seconds " +
      "and bytes. Beside these there are `process_*` and `nodejs_*`. What to watch of them, and what to do then: " +
      "[operating routers](../operate.md).",
    table(
      ["metric", "type", "labels", "meaning"],
      rows.map(([name, { type, labels, help }]) => [
        inline(name),
        type,
        labels.map(inline).join(", "),
        help.replaceAll(/\/api\/\w+/g, inline),
      ]),
    ),
  ]);
}
