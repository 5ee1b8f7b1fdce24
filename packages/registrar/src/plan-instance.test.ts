import { parseInstance } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import type { InstanceOptions } from "./instance-options.ts";
import { planContext, planInstance, recordValue } from "./plan-instance.ts";
import { RegistrarError } from "./registrar-error.ts";

function plan(options: InstanceOptions, environment: Record<string, string> = {}) {
  return planInstance(options, planContext({ environment }));
}

describe("planInstance", () => {
  it.each<[string, InstanceOptions]>([
    ["port", { app: "shop", port: 0 }],
    ["port", { app: "shop", port: 70_000 }],
    ["port", { app: "shop", port: Number.NaN }],
    ["port", { app: "shop" }],
    ["app", { app: "shop/eu", port: 80 }],
    ["instance id", { app: "shop", port: 80, id: "a b" }],
    ["address", { app: "shop", port: 80, address: "shop.example.com" }],
    ["weight", { app: "shop", port: 80, weight: -1 }],
    ["version", { app: "shop", port: 80, version: "" }],
    ["health.path", { app: "shop", port: 80, health: { path: "health" } }],
    ["health.unhealthyAfter", { app: "shop", port: 80, health: { path: "/", unhealthyAfter: 0 } }],
    ["health.timeoutMs", { app: "shop", port: 80, health: { path: "/", timeoutMs: -1 } }],
    ["health.intervalMs", { app: "shop", port: 80, health: { path: "/", intervalMs: 0 } }],
    ["readyTimeoutMs", { app: "shop", port: 80, readyTimeoutMs: Number.NaN }],
  ])("refuses a bad %s in one line that names it: %j", (field, options) => {
    expect(() => plan(options)).toThrow(RegistrarError);
    expect(() => plan(options)).toThrow(new RegExp(`^${field}\\b.*$`));
  });

  it("looks after the port by default, unless it is not waited for either", () => {
    const byDefault = { intervalMs: 5_000, timeoutMs: 2_000, unhealthyAfter: 3, healthyAfter: 2 };
    expect(plan({ app: "shop", port: 80 }).health).toEqual(byDefault);
    expect(plan({ app: "shop", port: 80, health: false }).health).toBeUndefined();
    expect(plan({ app: "shop", port: 80, ready: false }).health).toBeUndefined();
    expect(plan({ app: "shop", port: 80, ready: false, health: {} }).health).toEqual(byDefault);
  });

  it("refuses a lease shorter than etcd's shortest", () => {
    expect(() => planContext({ ttlSeconds: 1 })).toThrow("ttlSeconds: 1 is not an integer of 2 or more");
  });

  it("takes PORT and HOST from the environment", () => {
    expect(plan({ app: "shop" }, { PORT: "3000", HOST: "10.0.0.7" })).toMatchObject({
      port: 3000,
      address: "10.0.0.7",
    });
  });

  it("prefers what it is told", () => {
    const options = { app: "shop", port: 4000, address: "10.0.0.8" };
    expect(plan(options, { PORT: "3000", HOST: "10.0.0.7" })).toMatchObject(options);
  });

  it.each(["0.0.0.0", "::", "my-machine", ""])("calls no router to a HOST of %j", (HOST) => {
    expect(plan({ app: "shop" }, { PORT: "3000", HOST }).address).toBeUndefined();
  });

  it("spells the address in its one canonical way", () => {
    expect(plan({ app: "shop", port: 80, address: "2001:DB8:0::1" }).address).toBe("2001:db8::1");
  });

  it("makes a record that routers read as it was meant", () => {
    const options = { app: "shop", port: 80, version: "2", zone: "a", weight: 3, tags: { team: "x" } };
    expect(parseInstance(recordValue(plan(options), "10.0.0.7", "draining"))).toEqual({
      ok: true,
      value: {
        address: "10.0.0.7",
        port: 80,
        protocol: "http",
        state: "draining",
        version: "2",
        zone: "a",
        weight: 3,
        tags: { team: "x" },
      },
    });
  });
});
