import { randomBytes } from "node:crypto";

import { TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { CertificateIndex } from "../table/certificate-index.ts";
import { SealKeys } from "./seal-keys.ts";
import { SecureContexts } from "./secure-contexts.ts";
import { certificateOf } from "./testing/certificate-of.ts";

const authority = new TestAuthority();

describe("the contexts of handshakes", () => {
  it("are made once for each list of certificates that a host has, and anew with the ticket key", () => {
    const certificates = new CertificateIndex();
    certificates.set("both", certificateOf(authority.issue(["a.example", "b.example"])));
    certificates.set("rsa", certificateOf(authority.issue(["b.example"], { keyType: "rsa" })));
    const time = { now: Date.now() };
    const contexts = new SecureContexts({
      certificates,
      sealKeys: SealKeys.none(),
      ticketSecret: randomBytes(32),
      now: () => time.now,
      onUnusable: (name) => expect.unreachable(name),
    });
    const [a, b] = [contexts.forHost("a.example"), contexts.forHost("b.example")];
    expect(a).not.toBe(b);
    for (let count = 0; count < 2; count++) {
      expect(contexts.forHost("A.example")).toBe(a);
      expect(contexts.forHost("b.example")).toBe(b);
    }
    time.now += 12 * 3_600_000;
    expect(contexts.forHost("a.example")).not.toBe(a);
  });
});
