import { describe, expect, it } from "vitest";

import { keysUnder } from "./keys.ts";
import { parseCertificate, parseTableRecord } from "./parse-record.ts";

const chain = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const plain = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n";
const sealed = { keyId: "0a1b2c3d", sealed: "AAAA" };

describe("a certificate record", () => {
  it("has a chain, and a key that is sealed or plain", () => {
    for (const key of [sealed, plain]) {
      expect(parseCertificate(JSON.stringify({ chain, key }))).toEqual({ ok: true, value: { chain, key } });
    }
  });

  it("brings the hosts that it states into the form of keys", () => {
    const value = JSON.stringify({ chain, key: sealed, names: ["Shop.Example", "*.bücher.example"] });
    expect(parseCertificate(value)).toMatchObject({
      value: { names: ["shop.example", "*.xn--bcher-kva.example"] },
    });
  });

  it("is named by its key", () => {
    const keys = keysUnder();
    const value = JSON.stringify({ chain, key: sealed });
    expect(parseTableRecord(keys, keys.certificate("shop"), value)).toMatchObject({
      value: { kind: "certificate", name: "shop" },
    });
    expect(parseTableRecord(keys, keys.certificate("a/b"), value)).toMatchObject({ ok: false });
  });

  const secret = "c2VjcmV0LXNlY3JldA";
  it.each([
    [`{"key": "${secret}`, "not JSON"],
    [JSON.stringify({ chain: secret, key: sealed }), "chain: not certificates in PEM"],
    [JSON.stringify({ chain, key: secret }), "key: not a private key in PEM"],
    [
      JSON.stringify({ chain, key: plain.replace("PRIVATE", "ENCRYPTED PRIVATE") }),
      "key: not a private key in PEM",
    ],
    [JSON.stringify({ chain, key: { ...sealed, keyId: secret } }), "key"],
    [JSON.stringify({ chain, key: sealed, names: "shop.example" }), "names:"],
    [JSON.stringify({ chain, key: sealed, names: ["*"] }), "a certificate is for names"],
    [JSON.stringify({ chain, key: sealed, names: ["10.0.0.1"] }), "a certificate is for names"],
  ])("is refused without a word of what it holds: %s", (value, reason) => {
    const parsed = parseCertificate(value);
    expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
    expect(JSON.stringify(parsed)).not.toContain(secret);
  });
});
