// Every PromQL expression of the alerts and of the Grafana dashboard.

import { filesIn, textOf, yamlDocuments } from "./repository.ts";

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

export function readAlerts(): Alert[] {
  const [file] = yamlDocuments("deploy/prometheus/alerts.yml");
  const { groups } = file as { readonly groups: readonly { readonly rules: readonly Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export function readDashboards(): Dashboard[] {
  return filesIn("deploy/grafana/dashboards/*.json").map((file) => JSON.parse(textOf(file)) as Dashboard);
}

/** Where each expression stands, and the expression. */
export function readQueries(): [where: string, query: string][] {
  const alerts = readAlerts().map(({ alert, expr }): [string, string] => [alert, expr]);
  const dashboards = readDashboards().flatMap(({ panels, templating }): [string, string][] => [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }): [string, string] => [title, expr]),
    ),
    ...templating.list.map(({ name, query }): [string, string] => [`$${name}`, query]),
  ]);
  return [...alerts, ...dashboards];
}

/** The names of metrics of ours and of our process in an expression, as they stand in /metrics. */
export function metricNames(query: string): string[] {
  return query.match(/\b(?:wayleave|process|nodejs)_\w+/g) ?? [];
}
