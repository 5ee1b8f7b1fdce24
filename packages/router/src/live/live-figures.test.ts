import { describe, expect, it } from "vitest";

import type { CountsDelta } from "../observe/counts-delta.ts";
import { ROUTE_BOUNDS } from "../observe/histogram.ts";
import { BUCKETS, ERRORS, WIDTH } from "../observe/route-cells.ts";
import { LiveFigures } from "./live-figures.ts";

const NOW = 1_800_000_000_000;

/** Counts of routes, of so many exchanges each that took as many seconds as are listed. */
function counted(routes: Record<string, { seconds: readonly number[]; errors?: number }>): CountsDelta {
  const labels = Object.keys(routes);
  const cells = new Float64Array(labels.length * WIDTH);
  for (const [row, { seconds, errors = 0 }] of Object.values(routes).entries()) {
    const at = row * WIDTH;
    cells[at + 2] = seconds.length - errors;
    cells[at + 5] = errors;
    cells[at + ERRORS] = errors;
    for (const each of seconds) {
      const cell = at + BUCKETS + ROUTE_BOUNDS.findIndex((bound) => each <= bound);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
  }
  const none = { counts: new Float64Array(0), sum: 0 };
  const routesDelta = { labels, cells, failures: new Map() };
  return {
    routes: routesDelta,
    instanceDuration: none,
    ownDuration: none,
    retries: new Map(),
    upgrades: 0,
    connections: undefined,
    spans: { exported: 0, dropped: 0 },
    total: 0,
  };
}

describe("live figures", () => {
  it("are of the last ten seconds", () => {
    const figures = new LiveFigures();
    for (let second = 0; second < 5; second += 1) {
      figures.add(
        counted({ "a.example/": { seconds: [0.002, 0.002, 0.002, 0.2], errors: 1 } }),
        NOW + second * 1_000,
      );
    }
    const at = NOW + 4_000;
    expect(figures.of("a.example/", at)).toMatchObject({
      requestsPerSecond: 2,
      errorShare: 0.25,
      lastRequestAt: at,
    });
    expect(figures.of("a.example/", NOW + 11_000)).toMatchObject({ requestsPerSecond: 1.2 });
    expect(figures.of("a.example/", NOW + 14_000)).toMatchObject({
      requestsPerSecond: 0,
      errorShare: 0,
      p50Ms: null,
      lastRequestAt: at,
    });
    expect(figures.of("b.example/", at)).toMatchObject({ requestsPerSecond: 0, lastRequestAt: null });
  });

  it("give percentiles that are right within their bucket", () => {
    const figures = new LiveFigures();
    const seconds = Array.from({ length: 1_000 }, (_, at) => (at + 1) / 1_000);
    figures.add(counted({ "a.example/": { seconds } }), NOW);
    const { p50Ms, p95Ms, p99Ms } = figures.of("a.example/", NOW);
    expect([p50Ms, p95Ms, p99Ms]).toEqual([500, 950, 990]);
  });

  it("tell which routes changed: those with requests, and once those that fell silent", () => {
    const figures = new LiveFigures();
    const gauges = { active: 3, connections: 4 };
    figures.add(counted({ "a.example/": { seconds: [0.01] }, none: { seconds: [0.01] } }), NOW);
    expect(figures.tick(NOW, gauges)).toMatchObject({ requestsPerSecond: 2, errorsPerSecond: 0, ...gauges });
    expect(figures.takeChanged()).toEqual(["a.example/"]);
    figures.tick(NOW + 9_000, gauges);
    expect(figures.takeChanged()).toEqual(["a.example/"]);
    figures.tick(NOW + 10_000, gauges);
    expect(figures.takeChanged()).toEqual(["a.example/"]);
    expect(figures.takeChanged()).toEqual([]);
  });

  it("keep 300 seconds of totals", () => {
    const figures = new LiveFigures();
    for (let second = 0; second < 400; second += 1)
      figures.tick(NOW + second * 1_000, { active: 0, connections: 0 });
    expect(figures.history).toHaveLength(300);
    expect(figures.history.at(-1)).toMatchObject({ at: NOW + 399_000 });
  });
});
