import { X509Certificate } from "node:crypto";

import { type IssueOptions, TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import type { ClientCertificate } from "../request/client-certificate.ts";
import { describeClient } from "./describe-client.ts";

const authority = new TestAuthority();

function described(names: readonly string[], options: IssueOptions): ClientCertificate {
  return describeClient(new X509Certificate(authority.issue(names, options).chain));
}

describe("what is told of a client's certificate", () => {
  it("is its hash, its subject, and each URI and host that it is for", () => {
    const { chain } = authority.issue(["a.example", "*.b.example"], {
      subject: "alice",
      uris: ["spiffe://shop/alice", "https://shop.example/?a=1,2;b"],
    });
    const certificate = new X509Certificate(chain);
    const hash = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
    expect(describeClient(certificate)).toEqual({
      subject: "CN=alice",
      forwarded: `Hash=${hash};Subject="CN=alice";DNS=a.example;DNS=*.b.example;URI=spiffe://shop/alice;URI="https://shop.example/?a=1,2;b"`,
    });
  });

  it.each([
    ['O"Neil, A.\\B', String.raw`CN=O\"Neil\, A.\\B`],
    ["a\r\nX-Admin: yes", String.raw`CN=a\0D\0AX-Admin: yes`],
    ['x";Subject="CN=root', String.raw`CN=x\"\;Subject=\"CN=root`],
    ["Zoë Ċ 鍵 🗝", String.raw`CN=Zo\C3\AB \C4\8A \E9\8D\B5 \F0\9F\97\9D`],
  ])("is one line of ASCII, whatever its name is: %j", (subject, told) => {
    const { subject: said, forwarded } = described([], { subject });
    expect(said).toBe(told);
    expect(forwarded.endsWith(`;Subject="${told}"`)).toBe(true);
    expect(forwarded).toMatch(/^[\x20-\x7e]+$/);
  });

  it("has no name that could be read as another one", () => {
    const uris = [
      'spiffe://a";Subject="CN=root',
      "spiffe://a\r\nX-Admin: yes",
      "spiffe://ü",
      "URI:spiffe://b, DNS:c",
    ];
    const { forwarded } = described(["d.example, DNS:e.example", "f.example\0g"], { subject: "alice", uris });
    expect(forwarded.replace(/^Hash=\w+;/, "")).toBe(
      'Subject="CN=alice";DNS="d.example, DNS:e.example";URI="URI:spiffe://b, DNS:c"',
    );
  });
});
