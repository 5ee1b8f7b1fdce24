import { describe, expect, it } from "vitest";

import type { ExchangeSummary } from "../request/exchange-summary.ts";
import { ExchangeCounts } from "./exchange-counts.ts";

function summary(index: number): ExchangeSummary {
  const host = `h${index % 3}.example`;
  return {
    requestId: "r",
    startedAt: 0,
    client: { address: "127.0.0.1", port: 1, localPort: 2, isTls: false },
    method: "GET",
    host,
    target: "/",
    httpVersion: "1.1",
    route: index % 7 === 0 ? undefined : { host, path: "/" },
    app: "shop",
    instance: undefined,
    status: 200 + (index % 4) * 100,
    failure: index % 5 === 0 ? "connect-refused" : undefined,
    detail: undefined,
    attempts: 1,
    retried: index % 6 === 0 ? ["connect-timeout"] : [],
    bytesIn: index,
    bytesOut: 2 * index,
    // Sums of 64ths of a second are exact, in any order.
    totalMs: (1_000 * index) / 64,
    instanceMs: (500 * index) / 64,
    ownMs: (250 * index) / 64,
    isUpgraded: index % 11 === 0,
  };
}

function told(counts: ExchangeCounts): object {
  const { total, upgrades, retries, instanceDuration, ownDuration } = counts;
  const routes = Object.fromEntries(
    counts.routes().map(({ label, cells, failures }) => [label, { cells, failures }]),
  );
  return { total, upgrades, retries, instanceDuration, ownDuration, routes };
}

describe("counts from several processes", () => {
  it("add up to those of one, however often they are taken", () => {
    const whole = new ExchangeCounts();
    const sum = new ExchangeCounts();
    const workers = [new ExchangeCounts(), new ExchangeCounts()];
    for (let index = 0; index < 400; index += 1) {
      whole.observe(summary(index));
      workers[index % 2]?.observe(summary(index));
      if (index % 50 !== 0) continue;
      for (const worker of workers) {
        const delta = worker.take();
        if (delta !== undefined) sum.add(structuredClone(delta));
      }
    }
    for (const worker of workers) {
      const delta = worker.take();
      if (delta !== undefined) sum.add(structuredClone(delta));
      expect(worker.take()).toBeUndefined();
    }
    expect(told(sum)).toEqual(told(whole));
  });
});
