import { describe, expect, it } from "vitest";

import { forwardedCertificate, subjectIn } from "./client-certificate.ts";
import type { Client } from "./exchange.ts";
import { client, fieldsOf, proxy, worldOf } from "./testing/exchange-world.ts";

const NAME = "X-Forwarded-Client-Cert";
const certificate = { subject: "CN=alice", forwarded: `Hash=aa;Subject="CN=alice"` };
const alice: Client = { ...client, isTls: true, certificate };
const said = `Hash=bb;Subject="CN=bob,O=a \\"b\\" c"`;

function headOf(...fields: readonly string[]) {
  return { rawHeaders: ["Host", "shop.example", ...fields] };
}

describe("a client's certificate", () => {
  it("is told to the app, and no claim of the client's own", () => {
    const { open } = worldOf();
    const sent = (from: Client, fields: readonly string[] = []): string | undefined =>
      fieldsOf(open(headOf(...fields), from).requestHeaders())[NAME];
    expect(sent(alice)).toBe(certificate.forwarded);
    expect(sent(alice, [NAME, said])).toBe(certificate.forwarded);
    expect(sent(client, [NAME, said])).toBeUndefined();
    expect(sent({ ...client, isTls: true }, ["x-forwarded-client-cert", said])).toBeUndefined();
    expect(sent(proxy, [NAME, said])).toBe(said);
  });

  it("is not that of a proxy which speaks for somebody else", () => {
    const balancer = { ...proxy, isTls: true, certificate };
    expect(forwardedCertificate(balancer, {})).toBe(certificate.forwarded);
    expect(forwardedCertificate(balancer, { for: "192.0.2.9" })).toBeUndefined();
    expect(forwardedCertificate(balancer, { for: "192.0.2.9", clientCertificate: "" })).toBeUndefined();
    expect(forwardedCertificate(balancer, { for: "192.0.2.9", clientCertificate: said })).toBe(said);
  });

  it("is in the log by its subject", () => {
    const { open, summaries } = worldOf();
    open(headOf(), alice).finish({ bytesIn: 0, bytesOut: 0 });
    open(headOf(NAME, `Hash=aa;Subject="CN=old", ${said}`), proxy).finish({ bytesIn: 0, bytesOut: 0 });
    open(headOf(NAME, said)).finish({ bytesIn: 0, bytesOut: 0 });
    expect(summaries.map(({ clientSubject }) => clientSubject)).toEqual([
      "CN=alice",
      'CN=bob,O=a \\"b\\" c',
      undefined,
    ]);
    expect(subjectIn("Hash=1;URI=spiffe://a/b")).toBeUndefined();
  });
});

describe("a route that lets in only clients with a certificate", () => {
  const route = { https: { clientCertificate: "required" } } as const;

  it("refuses all others, and picks no instance for them", () => {
    const { open, table } = worldOf({ route });
    const exchange = open(headOf(NAME, said, "X_Forwarded_Client_Cert", said), { ...client, isTls: true });
    expect([exchange.failure, exchange.instance]).toEqual(["client-certificate-required", undefined]);
    expect(exchange.failureAnswer().status).toBe(403);
    expect(table.app("shop")?.instances.get("i1")?.active).toBe(0);
    expect(open(headOf(NAME, ""), proxy).failure).toBe("client-certificate-required");
  });

  it("takes the word of this router, or of a trusted proxy", () => {
    const { open } = worldOf({ route });
    expect(open(headOf(), alice).failure).toBeUndefined();
    expect(open(headOf(NAME, said), proxy).failure).toBeUndefined();
  });

  it("first sends clients without TLS to https, where they can show one", () => {
    const { open } = worldOf({ route: { https: { ...route.https, redirect: true } } });
    expect(open().failure).toBe("https-required");
  });

  it("may be all of them, by the settings, but for those that say otherwise", () => {
    const settings = route;
    expect(worldOf({ settings }).open().failure).toBe("client-certificate-required");
    const own = { https: { clientCertificate: "optional" } } as const;
    expect(worldOf({ settings, route: own }).open().failure).toBeUndefined();
  });
});
