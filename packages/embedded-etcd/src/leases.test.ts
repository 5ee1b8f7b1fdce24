import { beforeEach, describe, expect, it } from "vitest";

import { Leases } from "./leases.ts";

let nowMs: number;
let leases: Leases;

beforeEach(() => {
  nowMs = 1_000_000;
  leases = new Leases(() => nowMs);
});

describe("leases", () => {
  it("get the id that is asked for, or one of their own, and at least 2 seconds", () => {
    expect(leases.grant("77", 1)).toEqual({ id: "77", ttlSeconds: 2 });
    const { id } = leases.grant("0", 10);
    expect(BigInt(id)).toBeGreaterThan(0n);
    expect(leases.has(id)).toBe(true);
  });

  it("refuse an id twice, and a TTL beyond etcd's", () => {
    leases.grant("77", 10);
    expect(() => leases.grant("77", 10)).toThrow("etcdserver: lease already exists");
    expect(() => leases.grant("78", 9_000_000_001)).toThrow("etcdserver: too large lease TTL");
  });

  it("run out, unless they are kept alive in time", () => {
    leases.grant("1", 10);
    leases.grant("2", 10);
    nowMs += 9_000;
    expect(leases.keepAlive("1")).toBe(10);
    nowMs += 1_000;
    expect(leases.expired()).toEqual(["2"]);
    expect(leases.keepAlive("2")).toBe(0);
    expect(leases.view("1")).toMatchObject({ grantedSeconds: 10, remainingSeconds: 9 });
  });

  it("are listed by when they run out", () => {
    leases.grant("1", 30);
    leases.grant("2", 10);
    leases.grant("3", 20);
    expect(leases.list()).toEqual(["2", "3", "1"]);
  });
});
