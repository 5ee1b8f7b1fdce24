import { describe, expect, it } from "vitest";

import { resolveListenerPolicy, resolvePolicy } from "./policy.ts";

describe("a policy", () => {
  it("has the design's defaults", () => {
    expect(resolvePolicy({}, {})).toEqual({
      balance: "round-robin",
      affinity: { mode: "none" },
      connectMs: 2_000,
      answerHeadMs: 60_000,
      bodyIdleMs: 60_000,
      exchangeMs: undefined,
      attempts: 3,
      maxBodyBytes: undefined,
      connectionsPerInstance: 500,
      upgradedMs: undefined,
      ejection: { consecutiveFailures: 5, baseMs: 10_000, maxMs: 300_000 },
      https: { redirect: false, port: 443, hstsSeconds: undefined, clientCertificate: "optional" },
      instanceTls: {
        ca: undefined,
        servername: undefined,
        identity: "address",
        clientCertificate: undefined,
      },
      slowStartMs: undefined,
    });
    expect(resolveListenerPolicy({})).toEqual({
      maxHeadBytes: 32_768,
      maxHeaders: 100,
      headMs: 10_000,
      bodyIdleMs: 60_000,
      keepAliveMs: 75_000,
      maxConnections: 50_000,
    });
  });

  it("takes the route's word before the settings', field by field", () => {
    const own = { timeouts: { connectMs: 1 }, balance: "power-of-two" as const, slowStartMs: 5 };
    const settings = {
      timeouts: { connectMs: 2, answerHeadMs: 3 },
      balance: "least-connections" as const,
      limits: { connectionsPerInstance: 4 },
      ejection: { baseMs: 6 },
      retries: { attempts: 7 },
      instanceTls: { servername: "apps.internal" },
    };
    expect(resolvePolicy(own, settings)).toMatchObject({
      connectMs: 1,
      answerHeadMs: 3,
      balance: "power-of-two",
      https: { redirect: false, port: 443, hstsSeconds: undefined, clientCertificate: "optional" },
      slowStartMs: 5,
      connectionsPerInstance: 4,
      ejection: { consecutiveFailures: 5, baseMs: 6 },
      attempts: 7,
      instanceTls: { servername: "apps.internal", identity: "servername" },
    });
    const id = { instanceTls: { identity: "instance-id" as const } };
    expect(resolvePolicy(id, settings).instanceTls).toMatchObject({
      servername: "apps.internal",
      identity: "instance-id",
    });
  });
});
