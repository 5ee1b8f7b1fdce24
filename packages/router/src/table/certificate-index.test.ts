import { describe, expect, it } from "vitest";

import { CertificateIndex } from "./certificate-index.ts";
import { sampleCertificate } from "./samples.ts";

const NOW = 1_000;

function indexOf(certificates: Record<string, Parameters<typeof sampleCertificate>[0]>): CertificateIndex {
  const index = new CertificateIndex();
  for (const [name, fields] of Object.entries(certificates)) index.set(name, sampleCertificate(fields));
  return index;
}

describe("certificates by host", () => {
  it("give the exact one, else the wildcard of one label, else none", () => {
    const index = indexOf({
      exact: { names: ["www.shop.example"] },
      wildcard: { names: ["*.shop.example"] },
    });
    const found = (host: string): string | undefined => index.find(host, NOW)?.name;
    expect(found("www.shop.example")).toBe("exact");
    expect(found("api.shop.example")).toBe("wildcard");
    expect(found("a.b.shop.example")).toBeUndefined();
    expect(found("shop.example")).toBeUndefined();
    expect(found("bank.example")).toBeUndefined();
    expect(found("")).toBeUndefined();
  });

  it("give the default only when it is asked for", () => {
    const index = indexOf({ fallback: { names: ["platform.example"], isDefault: true } });
    expect(index.find("shop.example", NOW)).toBeUndefined();
    expect(index.default(NOW)?.name).toBe("fallback");
    index.set("fallback", null);
    expect(index.default(NOW)).toBeUndefined();
  });

  it("prefer what is valid, then what was issued last, in whatever order they came", () => {
    const names = ["shop.example"];
    const sets = {
      expired: { names, notBefore: 900, notAfter: 999 },
      old: { names, notBefore: 10, notAfter: 5_000 },
      young: { names, notBefore: 20, notAfter: 5_000 },
      coming: { names, notBefore: 2_000, notAfter: 9_000 },
    };
    const reversed = Object.fromEntries(Object.entries(sets).toReversed());
    for (const index of [indexOf(sets), indexOf(reversed)]) {
      expect(index.find("shop.example", NOW)?.name).toBe("young");
      expect(index.find("shop.example", 2_000)?.name).toBe("coming");
      expect(index.find("shop.example", 10_000)?.name).toBe("coming");
    }
  });

  it("forget what a new record of the name does not serve any more", () => {
    const index = indexOf({ shop: { names: ["a.example", "b.example"] } });
    index.set("shop", sampleCertificate({ names: ["b.example"] }));
    expect(index.find("a.example", NOW)).toBeUndefined();
    expect(index.find("b.example", NOW)?.name).toBe("shop");
    expect(index.size).toBe(1);
  });
});
