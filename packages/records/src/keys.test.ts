import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { keysUnder } from "./keys.ts";
import { valid } from "./parsed.ts";

const keys = keysUnder();

describe("keysUnder", () => {
  it("puts each record where the design says", () => {
    expect(keys.settings).toBe("/wayleave/table/settings");
    expect(keys.route("shop.example.com", "/")).toBe("/wayleave/table/routes/shop.example.com/");
    expect(keys.route("*.example.com", "/api")).toBe("/wayleave/table/routes/*.example.com/api");
    expect(keys.instance("shop", "s1")).toBe("/wayleave/table/instances/shop/s1");
    expect(keys.app("shop")).toBe("/wayleave/table/instances/shop/");
    expect(keys.replica("r1")).toBe("/wayleave/replicas/r1");
  });

  it("gives a prefix its final slash", () => {
    expect(keysUnder("/a").table).toBe("/a/table/");
    expect(keysUnder("/a/").table).toBe("/a/table/");
  });

  it("reads back the place of each key", () => {
    expect(keys.parse(keys.settings)).toEqual(valid({ kind: "settings" }));
    expect(keys.parse(keys.route("*", "/a/b"))).toEqual(valid({ kind: "route", host: "*", path: "/a/b" }));
    expect(keys.parse(keys.instance("shop", "s1"))).toEqual(
      valid({ kind: "instance", app: "shop", id: "s1" }),
    );
  });

  it.each([
    ["/elsewhere/table/settings", "not under"],
    ["/wayleave/replicas/r1", "not under"],
    ["/wayleave/table/", "none of"],
    ["/wayleave/table/other/x", "none of"],
    ["/wayleave/table/routes/example.com", "ends in a slash"],
    ["/wayleave/table/routes/example.com/api/", "must be spelled routes/example.com/api"],
    ["/wayleave/table/routes/Example.com/", "must be spelled routes/example.com/"],
    ["/wayleave/table/routes/exa mple.com/", "character"],
    ["/wayleave/table/instances/shop", "<app>/<id>"],
    ["/wayleave/table/instances/shop/a/b", "<app>/<id>"],
    ["/wayleave/table/instances//s1", "app"],
    ["/wayleave/table/instances/shop/", "instance id"],
    ["/wayleave/table/instances/../s1", "app"],
  ])("refuses %s and says %s", (key, word) => {
    expect(keys.parse(key)).toMatchObject({ ok: false, reason: expect.stringContaining(word) });
  });

  it("never throws, whatever the key", () => {
    fc.assert(fc.property(fc.string(), (rest) => void keys.parse(keys.table + rest)));
  });
});
