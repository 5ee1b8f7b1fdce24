import { randomBytes } from "node:crypto";

import { TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { certificateCheck } from "./check-certificate.ts";
import { sealKeysOf } from "./seal-keys.ts";

const root = new TestAuthority();
const intermediate = root.intermediate("wayleave-test-intermediate");
const { chain, key } = intermediate.issue(["shop.example", "*.shop.example"]);
const blocks = chain.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [];
const sealKeys = sealKeysOf({ sealKeys: randomBytes(32).toString("base64") });
const check = certificateCheck({ sealKeys, mayBePlain: false });
const sealed = (name: string, text = key) => sealKeys.seal(name, text);

describe("the check of a certificate", () => {
  it("finds out whom it serves, and until when", () => {
    expect(check("shop", { chain, key: sealed("shop") })).toMatchObject({
      ok: true,
      value: {
        names: ["shop.example", "*.shop.example"],
        issuer: "wayleave-test-intermediate",
        isDefault: false,
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  it("takes the hosts that the record states", () => {
    const record = { chain, key: sealed("shop"), names: ["shop.example"] };
    expect(check("shop", record)).toMatchObject({ value: { names: ["shop.example"] } });
  });

  it("takes one that serves no host, when its record says so", () => {
    const own = intermediate.issue([], { subject: "router" });
    const record = { chain: own.chain, key: sealed("router", own.key) };
    expect(check("router", record)).toMatchObject({ ok: false, reason: expect.stringContaining("no host") });
    expect(check("router", { ...record, names: [] })).toMatchObject({ ok: true, value: { names: [] } });
  });

  it("takes the shortest validity of the chain", () => {
    const notAfter = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000);
    const short = intermediate.issue(["a.example"], { notAfter });
    expect(check("a", { chain: short.chain, key: sealed("a", short.key) })).toMatchObject({
      value: { notAfter: notAfter.getTime() },
    });
  });

  const other = root.issue(["shop.example"]);
  it.each([
    ["another key", { chain, key: sealed("shop", other.key) }, "key: is not the key of the certificate"],
    ["a key that is none", { chain, key: sealed("shop", "nonsense") }, "key: cannot be read"],
    ["a key sealed for another name", { chain, key: sealed("bank") }, "key: the seal is broken"],
    ["a plain key", { chain, key }, "key: is not sealed"],
    ["a wrong order", { chain: blocks.toReversed().join(""), key: sealed("shop") }, "wrong order"],
    [
      "a gap",
      { chain: `${blocks[0]}${root.certificate}`, key: sealed("shop") },
      "wayleave-test-intermediate is missing",
    ],
    [
      "an unreadable certificate",
      { chain: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", key: sealed("shop") },
      "certificate 1 cannot be read",
    ],
  ])("refuses %s, and shows no key", (_, record, reason) => {
    const checked = check("shop", record);
    expect(checked).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
    expect(JSON.stringify(checked)).not.toContain("PRIVATE");
  });

  it("takes plain keys where that is said", () => {
    const open = certificateCheck({ sealKeys, mayBePlain: true });
    expect(open("shop", { chain, key })).toMatchObject({ ok: true });
    expect(open("shop", { chain, key: other.key })).toMatchObject({ ok: false });
  });
});
