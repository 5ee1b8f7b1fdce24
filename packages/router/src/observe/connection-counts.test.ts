import { describe, expect, it } from "vitest";

import { ExchangeCounts } from "./exchange-counts.ts";

function told({ connections: { handshakes, failures, floods } }: ExchangeCounts): object {
  return structuredClone({ handshakes, failures, floods });
}

describe("counts of connections", () => {
  it("come with those of exchanges, also where there was none, and add up", () => {
    const worker = new ExchangeCounts();
    const sum = new ExchangeCounts();
    expect(worker.take()).toBeUndefined();
    for (const isResumed of [true, false, true]) {
      worker.connections.handshakeDone({
        isResumed,
        version: "TLSv1.3",
        protocol: isResumed ? "h2" : undefined,
      });
      worker.connections.handshakeFailed("timeout");
      const delta = worker.take();
      if (delta !== undefined) sum.add(structuredClone(delta));
    }
    worker.connections.flooded("ping");
    const last = worker.take();
    if (last !== undefined) sum.add(last);
    expect(worker.take()).toBeUndefined();
    expect(told(sum)).toEqual({
      handshakes: new Map([
        ["resumed TLSv1.3 h2", 2],
        ["full TLSv1.3 none", 1],
      ]),
      failures: new Map([["timeout", 3]]),
      floods: new Map([["ping", 1]]),
    });
  });
});
