// The text format of Prometheus, version 0.0.4.

import type { Histogram } from "./histogram.ts";
import { METRICS, type MetricName } from "./metrics-table.ts";

export type Labels = Readonly<Record<string, string>>;

/** One value of a counter or gauge. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** One histogram with its labels. */
export interface HistogramSample {
  readonly labels?: Labels;
  readonly histogram: Histogram;
}

/** The lines of a counter or gauge. Without samples: none, so that absence can be told from 0. */
export function* writeSamples(name: MetricName, samples: Iterable<Sample>): Iterable<string> {
  let isFirst = true;
  for (const { labels, value } of samples) {
    if (isFirst) yield head(name);
    isFirst = false;
    yield `${name}${formatLabels(labels)} ${value}\n`;
  }
}

/** The lines of histograms: buckets add up, as Prometheus wants them. */
export function* writeHistograms(name: MetricName, samples: Iterable<HistogramSample>): Iterable<string> {
  yield head(name);
  for (const { labels, histogram } of samples) {
    const { bounds, counts, sum } = histogram;
    let total = 0;
    for (const [at, count] of counts.entries()) {
      total += count;
      yield `${name}_bucket${formatLabels({ ...labels, le: String(bounds[at] ?? "+Inf") })} ${total}\n`;
    }
    yield `${name}_sum${formatLabels(labels)} ${sum}\n`;
    yield `${name}_count${formatLabels(labels)} ${total}\n`;
  }
}

function head(name: MetricName): string {
  const { help, type } = METRICS[name];
  return `# HELP ${name} ${help.replaceAll("\\", "\\\\")}\n# TYPE ${name} ${type}\n`;
}

function formatLabels(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
