import { createServer } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { listen } from "./testing/listen.ts";
import { watchHealth, withHealthDefaults } from "./watch-health.ts";

const server = createServer((_, response) => void response.writeHead(statuses.shift() ?? 500).end());
let statuses: number[] = [];

afterEach(() => {
  server.close();
});

describe("watchHealth", () => {
  it("turns after enough checks in a row, and not before", async () => {
    const port = await listen(server);
    const health = withHealthDefaults({ path: "/", intervalMs: 1, unhealthyAfter: 3, healthyAfter: 2 });
    statuses = [500, 500, 200, 500, 500, 500, 200, 500, 200, 200];
    const verdicts: boolean[] = [];
    const stop = new AbortController();
    await expect(async () => {
      for await (const { isHealthy } of watchHealth(
        { address: "127.0.0.1", port, signal: stop.signal },
        health,
      )) {
        verdicts.push(isHealthy);
        if (statuses.length === 0) stop.abort(new Error("seen enough"));
      }
    }).rejects.toThrow("seen enough");
    expect(verdicts).toEqual([true, true, true, true, true, false, false, false, false, true]);
  });
});
