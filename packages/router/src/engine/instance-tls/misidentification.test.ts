import { X509Certificate } from "node:crypto";

import type { InstanceTls } from "@wayleave/records";
import { TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { resolvePolicy } from "../../table/policy.ts";
import { sampleEntry } from "../../table/samples.ts";
import { misidentification } from "./misidentification.ts";

const authority = new TestAuthority();
const instance = sampleEntry("shop-1", { address: "10.0.0.7" });
const BY_ID = { identity: "instance-id" } as const;
const BY_NAME = { servername: "shop.apps.internal" } as const;

function judge(instanceTls: InstanceTls, names: string[], more: { uris?: string[]; subject?: string } = {}) {
  const certificate = new X509Certificate(authority.issue(names, more).chain);
  return misidentification(certificate, resolvePolicy({ instanceTls }, {}).instanceTls, instance);
}

describe("a certificate", () => {
  it.each([
    ["its address", {}, ["10.0.0.8", "10.0.0.7"], {}],
    ["its name", BY_NAME, ["other.internal", "shop.apps.internal"], {}],
    ["its name by a wildcard", BY_NAME, ["*.apps.internal"], {}],
    ["its name in other letters", BY_NAME, ["SHOP.apps.internal"], {}],
    ["its id", BY_ID, ["shop.apps.internal", "shop-1"], {}],
    ["its id as a URI", BY_ID, [], { uris: ["shop-1"] }],
  ])("is an instance's when it is for %s", (_, policy, names, more) => {
    expect(judge(policy, names, more)).toBeUndefined();
  });

  it.each([
    ["another address", {}, ["10.0.0.70"], {}],
    ["names, where its address is wanted", {}, ["shop.apps.internal", "shop-1"], {}],
    ["its address in text", {}, [], { uris: ["10.0.0.7"] }],
    ["another name", BY_NAME, ["shop.apps.internal.example"], {}],
    ["a wildcard of two labels", BY_NAME, ["*.internal"], {}],
    ["a part of a label", BY_NAME, ["sh*.apps.internal"], {}],
    ["its address, where its name is wanted", BY_NAME, ["10.0.0.7"], {}],
    ["its name as the common name alone", BY_NAME, [], { subject: "shop.apps.internal" }],
    ["its name as the common name, and others", BY_NAME, ["a.internal"], { subject: "shop.apps.internal" }],
    ["another id", BY_ID, ["shop-2", "shop-11", "shop-1.internal", "x.shop-1"], {}],
    ["its id in other letters", BY_ID, ["SHOP-1"], {}],
    ["a wildcard, where its id is wanted", BY_ID, ["*", "shop-*"], {}],
    ["its id as the common name alone", BY_ID, [], { subject: "shop-1" }],
    ["one name that looks like two", BY_ID, ["x, DNS:shop-1"], {}],
    ["one quoted name that looks like two", BY_ID, ['x", DNS:shop-1, DNS:"'], {}],
    ["a URI that looks like two names", BY_ID, [], { uris: ["u:x, DNS:shop-1"] }],
    ["nobody", {}, [], {}],
  ])("is not an instance's when it is for %s", (_, policy, names, more) => {
    expect(judge(policy, names, more)).toMatch(/^its certificate is for .+, not for /);
  });

  it("of somebody else is told by a few of its names", () => {
    const names = Array.from({ length: 50 }, (_, at) => `app-${at}.internal`);
    const why = judge(BY_ID, names);
    expect(why).toBe(
      "its certificate is for app-0.internal, app-1.internal, app-2.internal, app-3.internal, app-4.internal, " +
        "not for the instance shop-1",
    );
    expect(judge(BY_ID, [`${"x".repeat(5_000)}.internal`])?.length).toBeLessThan(300);
  });
});
