import { describe, expect, it } from "vitest";

import { writeHistograms, writeSamples } from "./exposition.ts";
import { Histogram } from "./histogram.ts";

describe("the text format", () => {
  it("has help and type before the samples, and escapes labels", () => {
    const lines = [
      ...writeSamples("wayleave_exchanges_total", [
        { labels: { route: 'a"b\\c\nd', status_class: "2xx" }, value: 3 },
      ]),
    ];
    expect(lines[0]).toMatch(
      /^# HELP wayleave_exchanges_total .+\n# TYPE wayleave_exchanges_total counter\n$/,
    );
    expect(lines[1]).toBe('wayleave_exchanges_total{route="a\\"b\\\\c\\nd",status_class="2xx"} 3\n');
  });

  it("has nothing of a metric without samples", () => {
    expect([...writeSamples("wayleave_table_staleness_seconds", [])]).toEqual([]);
  });

  it("has buckets that add up, a sum and a count", () => {
    const histogram = new Histogram([0.25, 1]);
    for (const value of [0.25, 0.5, 0.5, 4]) histogram.observe(value);
    const [, ...lines] = writeHistograms("wayleave_instance_duration_seconds", [{ histogram }]);
    expect(lines).toEqual([
      'wayleave_instance_duration_seconds_bucket{le="0.25"} 1\n',
      'wayleave_instance_duration_seconds_bucket{le="1"} 3\n',
      'wayleave_instance_duration_seconds_bucket{le="+Inf"} 4\n',
      "wayleave_instance_duration_seconds_sum 5.25\n",
      "wayleave_instance_duration_seconds_count 4\n",
    ]);
  });
});
