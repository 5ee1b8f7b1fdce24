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
    const found = (host: string): string | undefined => index.find(host, NOW)[0]?.name;
    expect(found("www.shop.example")).toBe("exact");
    expect(found("api.shop.example")).toBe("wildcard");
    expect(found("a.b.shop.example")).toBeUndefined();
    expect(found("shop.example")).toBeUndefined();
    expect(found("bank.example")).toBeUndefined();
    expect(found("")).toBeUndefined();
  });

  it("give the default only when it is asked for", () => {
    const index = indexOf({ fallback: { names: ["platform.example"], isDefault: true } });
    expect(index.find("shop.example", NOW)).toEqual([]);
    expect(index.default(NOW)[0]?.name).toBe("fallback");
    expect(index.serving("shop.example", NOW)[0]?.name).toBe("fallback");
    index.set("fallback", null);
    expect(index.default(NOW)).toEqual([]);
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
      expect(index.find("shop.example", NOW)[0]?.name).toBe("young");
      expect(index.find("shop.example", 2_000)[0]?.name).toBe("coming");
      expect(index.find("shop.example", 10_000)[0]?.name).toBe("coming");
    }
  });

  it("are one of each type of key, but none that expired beside one that is valid", () => {
    const names = ["shop.example"];
    const index = indexOf({
      old: { names, keyType: "rsa", notBefore: 1, notAfter: 5_000 },
      rsa: { names, keyType: "rsa", notBefore: 2, notAfter: 5_000 },
      ec: { names, keyType: "ec", notBefore: 3, notAfter: 3_000 },
    });
    const found = (now: number): string[] => index.find("shop.example", now).map(({ name }) => name);
    expect(found(NOW)).toEqual(["ec", "rsa"]);
    expect(found(4_000)).toEqual(["rsa"]);
    expect(found(6_000)).toEqual(["ec", "rsa"]);
  });

  it("forget what a new record of the name does not serve any more", () => {
    const index = indexOf({ shop: { names: ["a.example", "b.example"] } });
    index.set("shop", sampleCertificate({ names: ["b.example"] }));
    expect(index.find("a.example", NOW)).toEqual([]);
    expect(index.find("b.example", NOW)[0]?.name).toBe("shop");
    expect(index.size).toBe(1);
  });
});
