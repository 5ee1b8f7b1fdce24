import { describe, expect, it } from "vitest";

import { answered, connectFailed, gatewayFailed } from "./ejection.ts";
import { resolvePolicy } from "./policy.ts";
import { sampleEntry } from "./samples.ts";

const POLICY = resolvePolicy({}, {});

describe("ejection", () => {
  it("follows one failed connection, or five failures in a row", () => {
    expect(connectFailed(sampleEntry("a"), POLICY, 0)).toBe("ejected");
    const entry = sampleEntry("b");
    const verdicts = Array.from({ length: 5 }, () => gatewayFailed(entry, POLICY, 0));
    expect(verdicts).toEqual([undefined, undefined, undefined, undefined, "ejected"]);
    expect(entry.ejectedUntil).toBe(10_000);
    expect(gatewayFailed(entry, POLICY, 10_000)).toBeUndefined();
  });

  it("does not follow failures with an answer in between", () => {
    const entry = sampleEntry("a");
    for (let at = 0; at < 20; at++) {
      expect(gatewayFailed(entry, POLICY, at)).toBeUndefined();
      if (at % 4 === 3) answered(entry, POLICY, at);
    }
  });

  it("counts the exchanges that fail together once", () => {
    const entry = sampleEntry("a");
    const verdicts = Array.from({ length: 100 }, () => connectFailed(entry, POLICY, 5));
    expect(verdicts.filter((verdict) => verdict === "ejected")).toHaveLength(1);
    expect(entry.ejectedUntil).toBe(10_005);
    for (let at = 0; at < 100; at++) gatewayFailed(entry, POLICY, 5);
    expect(gatewayFailed(entry, POLICY, 10_005)).toBeUndefined();
  });

  it("lasts longer each time, and 300 s at most", () => {
    const entry = sampleEntry("a");
    const lengths = Array.from({ length: 32 }, () => {
      const now = entry.ejectedUntil;
      connectFailed(entry, POLICY, now);
      return entry.ejectedUntil - now;
    });
    expect(lengths.slice(0, 3)).toEqual([10_000, 20_000, 30_000]);
    expect(lengths.slice(29)).toEqual([300_000, 300_000, 300_000]);
  });

  it("begins anew for an instance that kept well for as long as it was out", () => {
    const entry = sampleEntry("a");
    connectFailed(entry, POLICY, 0);
    connectFailed(entry, POLICY, 10_000);
    expect(entry.ejectedUntil).toBe(30_000);
    answered(entry, POLICY, 49_999);
    expect(entry.ejections).toBe(2);
    answered(entry, POLICY, 50_000);
    expect(entry.ejections).toBe(0);
  });

  it("ends when it answers an exchange that began after it", () => {
    const entry = sampleEntry("a");
    connectFailed(entry, POLICY, 5_000);
    answered(entry, POLICY, 4_999);
    expect(entry.ejectedUntil).toBe(15_000);
    answered(entry, POLICY, 6_000);
    expect(entry).toMatchObject({ ejectedUntil: 6_000, ejections: 1 });
    connectFailed(entry, POLICY, 7_000);
    expect(entry.ejectedUntil).toBe(27_000);
  });

  it("drops a suspect instead, once", () => {
    const entry = sampleEntry("a", { isSuspect: true });
    expect(connectFailed(entry, POLICY, 0)).toBe("dropped");
    expect(entry.isGone).toBe(true);
  });
});
