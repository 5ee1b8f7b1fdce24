import { TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { certificateOf } from "../../certificates/testing/certificate-of.ts";
import { openIdentity } from "../../certificates/open-identity.ts";
import { SealKeys } from "../../certificates/seal-keys.ts";
import { CertificateIndex } from "../../table/certificate-index.ts";
import { resolvePolicy } from "../../table/policy.ts";
import { sampleEntry } from "../../table/samples.ts";
import { Trusts } from "./trusts.ts";

const authority = new TestAuthority();
const instance = sampleEntry("one", { protocol: "https" });
const policyOf = (clientCertificate?: string) =>
  resolvePolicy(
    { instanceTls: { ca: authority.certificate, ...(clientCertificate && { clientCertificate }) } },
    {},
  ).instanceTls;
const put = (certificates: CertificateIndex): void =>
  certificates.set("router", certificateOf({ ...authority.issue([], { subject: "router" }), names: [] }));

function trustsOver(certificates: CertificateIndex): Trusts {
  return new Trusts({
    get: (name) => certificates.get(name),
    open: (entry) => openIdentity(entry, SealKeys.none()),
  });
}

describe("what is asked of an instance", () => {
  it("is nothing when it speaks in plain", () => {
    const trusts = new Trusts(undefined);
    for (const protocol of ["http", "h2c"] as const) {
      expect(trusts.of(sampleEntry("plain", { protocol }), policyOf())).toBeUndefined();
    }
  });

  it("is one thing for all policies that say the same, and another for each that does not", () => {
    const trusts = new Trusts(undefined);
    const trust = trusts.of(instance, policyOf());
    expect(trust).toBeDefined();
    expect(trusts.of(sampleEntry("two", { protocol: "h2" }), policyOf())).toBe(trust);
    expect(trusts.of(instance, { ...policyOf(), identity: "instance-id" })).not.toBe(trust);
    expect(trusts.of(instance, { ...policyOf(), ca: undefined })).not.toBe(trust);
  });

  it("is another thing as soon as the certificate changes that is shown to it", () => {
    const certificates = new CertificateIndex();
    const trusts = trustsOver(certificates);
    const policy = policyOf("router");
    const lacking = trusts.of(instance, policy);
    expect(lacking?.context).toEqual({ error: "the client certificate router is not there" });
    expect(trusts.of(instance, policy)).toBe(lacking);
    put(certificates);
    const first = trusts.of(instance, policy);
    expect(first?.context).not.toHaveProperty("error");
    expect(trusts.of(instance, policyOf("router"))).toBe(first);
    put(certificates);
    expect(trusts.of(instance, policy)).not.toBe(first);
  });

  it("is nothing that can be done when the certificate cannot be opened", () => {
    const certificates = new CertificateIndex();
    put(certificates);
    const trusts = new Trusts({ get: (name) => certificates.get(name), open: () => undefined });
    expect(trusts.of(instance, policyOf("router"))?.context).toEqual({
      error: "the client certificate router cannot be used",
    });
  });
});
