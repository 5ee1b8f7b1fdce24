import { keysUnder } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { parseTable } from "../reading/read-table.ts";
import { healthOfRoutes } from "./route-health.ts";

const keys = keysUnder();

function healthWith(to: readonly object[], instances: Readonly<Record<string, object>>) {
  const records = [
    [keys.route("a.com", "/"), { to }] as const,
    ...Object.entries(instances).map(
      ([id, fields]) => [keys.instance("shop", id), { address: "10.0.0.1", port: 80, ...fields }] as const,
    ),
  ].map(([key, value]) => ({
    key,
    value: JSON.stringify(value),
    createRevision: 1,
    modRevision: 1,
    lease: "0",
  }));
  return healthOfRoutes(parseTable(keys, records, 1))[0];
}

describe("healthOfRoutes", () => {
  it.each([
    ["ok", undefined, [{ app: "shop" }], { one: {}, two: { state: "draining" } }],
    ["ok", undefined, [{ app: "shop", version: "v1" }], { one: { version: "v1" } }],
    ["down", "shop has no instance", [{ app: "shop" }], {}],
    ["down", "every instance of shop is draining", [{ app: "shop" }], { one: { state: "draining" } }],
    ["down", "shop@v2 has no instance", [{ app: "shop", version: "v2" }], { one: { version: "v1" } }],
    ["degraded", "blog has no instance", [{ app: "shop" }, { app: "blog" }], { one: {} }],
    ["ok", undefined, [{ app: "shop" }, { app: "blog", weight: 0 }], { one: {} }],
  ])("is %s (%s)", (level, text, to, instances) => {
    expect(healthWith(to, instances)).toMatchObject({
      name: "a.com/",
      health: { level, reasons: text === undefined ? [] : [{ text }] },
    });
  });
});
