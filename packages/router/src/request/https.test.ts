import { describe, expect, it } from "vitest";

import { sampleCertificate } from "../table/samples.ts";
import { client, fieldsOf, proxy, worldOf } from "./testing/exchange-world.ts";

const secure = { ...client, isTls: true };
const redirecting = { route: { https: { redirect: true } } };

describe("a route that asks for https", () => {
  it("sends clients without TLS there, and picks no instance for them", () => {
    const { open, table } = worldOf(redirecting);
    const exchange = open();
    expect([exchange.failure, exchange.instance]).toEqual(["https-required", undefined]);
    const { status, headers } = exchange.failureAnswer();
    expect(status).toBe(308);
    expect(fieldsOf(headers)["Location"]).toBe("https://shop.example/a?b");
    expect(table.app("shop")?.instances.get("i1")?.active).toBe(0);
  });

  it("names the port where clients find it, and no other one", () => {
    const { open } = worldOf({ route: { https: { redirect: true, port: 8443 } } });
    const exchange = open({ rawHeaders: ["Host", "Shop.Example:8080"] });
    expect(fieldsOf(exchange.failureAnswer().headers)["Location"]).toBe("https://shop.example:8443/a?b");
  });

  it("takes requests over TLS, also when a trusted proxy says that they were, and nobody else's word", () => {
    const { open } = worldOf(redirecting);
    const rawHeaders = ["Host", "shop.example", "X-Forwarded-Proto", "https"];
    expect(open({}, secure).failure).toBeUndefined();
    expect(open({ rawHeaders }, proxy).failure).toBeUndefined();
    expect(open({ rawHeaders }).failure).toBe("https-required");
  });

  it("may be all of them, by the settings, but for those that say otherwise", () => {
    const settings = { https: { redirect: true } };
    expect(worldOf({ settings }).open().failure).toBe("https-required");
    const own = { https: { redirect: false } };
    expect(worldOf({ settings, route: own }).open().failure).toBeUndefined();
  });

  it("promises it to browsers over TLS alone, unless the app does", () => {
    const { open } = worldOf({ route: { https: { hstsSeconds: 60 } } });
    const hsts = (from: typeof client, fields: string[] = []): string | undefined =>
      fieldsOf(open({}, from).answerHeaders(200, fields))["Strict-Transport-Security"];
    expect(hsts(secure)).toBe("max-age=60");
    expect(hsts(client)).toBeUndefined();
    expect(hsts(secure, ["Strict-Transport-Security", "max-age=5"])).toBe("max-age=5");
  });
});

describe("a request on another host's connection", () => {
  it("is misdirected when that host has another certificate, and only then", () => {
    const { open, table } = worldOf({});
    table.certificates.set("shop", sampleCertificate({ names: ["shop.example", "www.shop.example"] }));
    table.certificates.set("bank", sampleCertificate({ names: ["bank.example"] }));
    const from = (servername: string) => open({}, { ...secure, servername });
    expect(from("shop.example").failure).toBeUndefined();
    expect(from("www.shop.example").failure).toBeUndefined();
    expect(from("bank.example").failure).toBe("misdirected");
    expect(from("bank.example").failureAnswer().status).toBe(421);
    expect(from("unknown.example").failure).toBe("misdirected");
    expect(open({}, secure).failure).toBeUndefined();
  });
});
