import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { keysUnder } from "./keys.ts";
import {
  parseInstance,
  parseReplica,
  parseRoute,
  parseSettings,
  parseTableRecord,
  recordJsonSchemas,
} from "./parse-record.ts";

const keys = keysUnder();

describe("an instance record", () => {
  it("needs an address and a port, and is http and ready when it does not say", () => {
    expect(parseInstance('{"address":"10.0.0.3","port":80}')).toEqual({
      ok: true,
      value: { address: "10.0.0.3", port: 80, protocol: "http", state: "ready" },
    });
  });

  it("keeps fields that nobody knows", () => {
    expect(parseInstance('{"address":"10.0.0.3","port":80,"rack":{"row":4}}')).toMatchObject({
      value: { rack: { row: 4 } },
    });
  });

  it("spells its address in the one canonical way", () => {
    expect(parseInstance('{"address":"::ffff:10.0.0.3","port":80}')).toMatchObject({
      value: { address: "10.0.0.3" },
    });
  });

  it.each([
    ["{", "not JSON"],
    ["[]", "expected object"],
    ["{}", "address:"],
    ['{"address":"app.local","port":80}', 'address: "app.local" is not an IP address'],
    ['{"address":"10.0.0.3","port":0}', "port:"],
    ['{"address":"10.0.0.3","port":70000}', "port:"],
    ['{"address":"10.0.0.3","port":"80"}', "port:"],
    ['{"address":"10.0.0.3","port":80,"state":"up"}', "state:"],
    ['{"address":"10.0.0.3","port":80,"protocol":"h3"}', 'protocol: must be "http", "https", "h2c" or "h2"'],
    ['{"address":"10.0.0.3","port":80,"weight":-1}', "weight: must not be negative"],
  ])("refuses %s and says %s", (value, word) => {
    expect(parseInstance(value)).toMatchObject({ ok: false, reason: expect.stringContaining(word) });
  });
});

describe("a route record", () => {
  it("needs one app or more, and may say how they are treated", () => {
    const route = {
      to: [
        { app: "shop", version: "2", weight: 10 },
        { app: "shop", version: "1", weight: 90 },
      ],
      balance: { hash: { header: "X-User" } },
      affinity: { mode: "app-cookie", cookies: ["JSESSIONID"] },
      timeouts: { connectMs: 500 },
      retries: { attempts: 2 },
      limits: { maxBodyBytes: 0 },
      labels: { team: "a" },
    };
    expect(parseRoute(JSON.stringify(route))).toEqual({ ok: true, value: route });
  });

  it.each([
    ["{}", "to:"],
    ['{"to":[]}', "to: needs one app"],
    ['{"to":[{"app":"a b"}]}', "to[0].app:"],
    ['{"to":[{"app":"a","weight":-1}]}', "to[0].weight: must not be negative"],
    ['{"to":[{"app":"a"}],"balance":"fastest"}', "balance: must be"],
    ['{"to":[{"app":"a"}],"balance":"hash"}', "balance: a hash needs a source"],
    ['{"to":[{"app":"a"}],"balance":{"hash":{}}}', "balance: a hash needs a source"],
    ['{"to":[{"app":"a"}],"timeouts":{"connectMs":"2s"}}', "timeouts.connectMs:"],
    ['{"to":[{"app":"a"}],"affinity":{"mode":"app-cookie"}}', "affinity.cookies:"],
    [
      '{"to":[{"app":"a"}],"affinity":{"mode":"app-cookie","cookies":[]}}',
      "affinity.cookies: needs the name",
    ],
    ['{"to":[{"app":"a"}],"affinity":{"mode":"always"}}', "affinity.mode:"],
  ])("refuses %s and says %s", (value, word) => {
    expect(parseRoute(value)).toMatchObject({ ok: false, reason: expect.stringContaining(word) });
  });
});

describe("parseTableRecord", () => {
  it("reads a record at its place", () => {
    expect(parseTableRecord(keys, keys.route("a.example", "/x"), '{"to":[{"app":"a"}]}')).toEqual({
      ok: true,
      value: { kind: "route", host: "a.example", path: "/x", route: { to: [{ app: "a" }] } },
    });
    expect(parseTableRecord(keys, keys.settings, '{"suspectMs":0}')).toMatchObject({
      value: { kind: "settings" },
    });
  });

  it("refuses a bad key before it looks at the value", () => {
    expect(parseTableRecord(keys, `${keys.routes}a b/`, "{}")).toMatchObject({
      ok: false,
      reason: expect.stringContaining('host "a b"'),
    });
  });

  it("never throws, whatever the value", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (value) => {
        for (const key of [keys.settings, keys.route("a", "/"), keys.instance("a", "1")]) {
          parseTableRecord(keys, key, value);
        }
        parseReplica(value);
        parseSettings(value);
      }),
    );
  });
});

describe("the published JSON Schemas", () => {
  it("name the fields that a record must have", () => {
    const schemas = recordJsonSchemas();
    expect(schemas.instance).toMatchObject({ required: ["address", "port"] });
    expect(schemas.route).toMatchObject({ required: ["to"] });
    expect(Object.keys(schemas)).toEqual(["route", "instance", "certificate", "settings", "replica"]);
  });
});
