// Alerts and dashboard ask only for what a router has.

import { spawnSync } from "node:child_process";
import path from "node:path";

import { METRICS, type MetricRow } from "@wayleave/router";
import { describe, expect, it } from "vitest";

import { metricNames, readAlerts, readDashboards, readQueries } from "./queries.ts";
import { readCompose, root, textOf, yamlDocuments } from "./repository.ts";

const metrics: Readonly<Record<string, MetricRow>> = METRICS;
const queries = readQueries();
const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

/** Of what Prometheus itself adds. */
const TARGET_LABELS = ["job", "instance", "le"];

function rowOf(name: string): MetricRow | undefined {
  const histogram = metrics[name.replace(/_(?:bucket|count|sum)$/, "")];
  if (name.endsWith("_bucket") || name.endsWith("_count") || name.endsWith("_sum")) {
    return histogram?.type === "histogram" ? histogram : metrics[name];
  }
  // A histogram has no samples of its own name.
  return metrics[name]?.type === "histogram" ? undefined : metrics[name];
}

function labelsOf(name: string): readonly string[] {
  return [...TARGET_LABELS, ...(rowOf(name)?.labels ?? [])];
}

describe("the queries of alerts and dashboard", () => {
  it("are there", () => expect(queries.length).toBeGreaterThan(50));

  it("name metrics that a router has", () => {
    const unknown = queries.flatMap(([where, query]) =>
      metricNames(query)
        .filter((name) => name.startsWith("wayleave_") && rowOf(name) === undefined)
        .map((name) => `${where}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it("select and group by labels that these metrics have", () => {
    const unknown = queries.flatMap(([where, query]) => {
      const selected = [...query.matchAll(/(wayleave_\w+)\{([^}]*)\}/g)].flatMap(
        ([, name = "", selector = ""]) =>
          [...selector.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)]
            .map(([, label = ""]) => label)
            .filter((label) => !labelsOf(name).includes(label)),
      );
      const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = ""]) =>
        labels.split(/,\s*/),
      );
      const known = metricNames(query).flatMap(labelsOf);
      return [...selected, ...grouped.filter((label) => !known.includes(label))].map(
        (label) => `${where}: ${label}`,
      );
    });
    expect(unknown).toEqual([]);
  });

  it("ask counters how fast they grow, never how high they are", () => {
    const bare = queries.flatMap(([where, query]) =>
      [...query.matchAll(/(\w+)\((wayleave_\w+(?:_total|_bucket|_count))\b/g)]
        .filter(([, call = ""]) => !["rate", "increase", "label_values"].includes(call))
        .map(([text]) => `${where}: ${text}`),
    );
    expect(bare).toEqual([]);
  });

  it("have balanced brackets", () => {
    const broken = queries.filter(([, query]) =>
      ["()", "{}", "[]"].some(
        ([open = "", close = ""]) => query.split(open).length !== query.split(close).length,
      ),
    );
    expect(broken).toEqual([]);
  });
});

describe("the alerts", () => {
  it.skipIf(!hasPromtool)("are good to Prometheus itself", () => {
    const check = spawnSync("promtool", ["check", "rules", path.join(root, "deploy/prometheus/alerts.yml")]);
    expect([check.status, String(check.stderr)]).toEqual([0, ""]);
  });

  const handbook = textOf("docs/operate.md");

  it.each(readAlerts().map((alert) => [alert.alert, alert] as const))("%s says what to do", (name, alert) => {
    expect(alert.annotations.runbook).toBe(`docs/operate.md#${name.toLowerCase()}`);
    expect(handbook).toContain(`\n### ${name}\n`);
    expect(alert.labels.severity).toMatch(/^(?:page|ticket)$/);
    expect(alert.annotations.summary).not.toBe("");
  });

  it("are all that the handbook speaks of", () => {
    const sections = [...handbook.matchAll(/^### (Wayleave\w+)$/gm)].map((match) => match[1]);
    expect(sections).toEqual(readAlerts().map(({ alert }) => alert));
  });
});

describe("the dashboard", () => {
  it.each(readDashboards())("$uid has panels that lie beside each other", ({ panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    expect(panels.filter(({ type, targets = [] }) => type !== "row" && targets.length === 0)).toEqual([]);
  });
});

describe("Prometheus", () => {
  it("asks the routers and etcds of the compose cluster, with the token that the routers have", () => {
    const { services } = readCompose();
    const [config] = yamlDocuments("deploy/prometheus/prometheus.yml") as {
      scrape_configs: {
        authorization?: { credentials_file: string };
        static_configs: { targets: string[] }[];
      }[];
    }[];
    const jobs = config?.scrape_configs ?? [];
    const hosts = jobs.flatMap((job) => job.static_configs.flatMap(({ targets }) => targets));
    const expected = Object.keys(services).filter((name) => /^(?:router|etcd)\d/.test(name));
    expect(hosts.map((host) => host.replace(/:\d+$/, "")).toSorted()).toEqual(expected.toSorted());
    const files = jobs.flatMap(({ authorization }) => authorization?.credentials_file ?? []);
    expect(services["prometheus"]?.secrets?.map((name) => `/run/secrets/${name}`)).toEqual(files);
    expect(services["router1"]?.secrets).toEqual(services["prometheus"]?.secrets);
  });
});
