import { keysUnder } from "@wayleave/records";
import { TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { RecordSet } from "./record-set.ts";
import { MapStore } from "./testing/map-store.ts";
import { OPEN_CHECKS } from "./testing/open-checks.ts";

const keys = keysUnder();
const authority = new TestAuthority();
const { certificate } = authority;
const leaf = authority.issue(["shop.example"]).chain;
const broken = certificate.replace("MII", "MIA");

describe.each([
  ["the settings", keys.settings, {}],
  ["a route", keys.route("shop.example", "/"), { to: [{ app: "shop" }] }],
])("%s with instanceTls", (_, key, fields) => {
  const json = (instanceTls: object): string => JSON.stringify({ ...fields, instanceTls });

  it.each([
    ["of a broken authority", { ca: broken }, "instanceTls.ca: certificate 1 cannot be read"],
    [
      "of an authority that is none",
      { ca: certificate + leaf },
      "instanceTls.ca: certificate 2 (CN=shop.example) is no authority's",
    ],
    ["of no PEM", { ca: "none" }, "instanceTls.ca: not certificates in PEM"],
    ["of a servername that is missing", { identity: "servername" }, "instanceTls.servername: is missing"],
    ["of an unknown identity", { identity: "anybody" }, "instanceTls.identity:"],
    [
      "of an address for a name",
      { servername: "10.0.0.1" },
      "instanceTls.servername: must be the name of one host",
    ],
    [
      "of a wildcard for a name",
      { servername: "*.example.com" },
      "instanceTls.servername: must be the name of one host",
    ],
    ["of a name that is none", { clientCertificate: "a/b" }, "instanceTls.clientCertificate:"],
  ])("%s is bad, and leaves the last good record in force", (_what, instanceTls, reason) => {
    const store = new MapStore();
    const set = new RecordSet(keys, OPEN_CHECKS);
    set.applySnapshot(store.snapshot("start"), 0);
    set.applyChange(store.write({ [key]: json({ ca: certificate, servername: "a1.internal" }) }), 1);
    expect(set.rejections.size).toBe(0);
    const change = set.applyChange(store.write({ [key]: json(instanceTls) }), 2);
    expect([change.routes, change.settings]).toEqual([[], undefined]);
    expect(set.rejections.get(key)).toMatchObject({ inForce: 1, reason: expect.stringContaining(reason) });
  });
});
