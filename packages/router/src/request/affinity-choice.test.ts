import { describe, expect, it } from "vitest";

import type { Exchange, RequestHead } from "./exchange.ts";
import { client, worldOf } from "./testing/exchange-world.ts";

const fresh = { isSent: false, isReused: false, canResend: true };

const setCookie = (exchange: Exchange, rawHeaders: string[] = []): string | undefined => {
  exchange.connecting();
  const flat = exchange.answerHeaders(200, rawHeaders);
  exchange.answerEnded();
  exchange.finish({ bytesIn: 0, bytesOut: 0 });
  const values = flat.filter((_, index) => index % 2 === 1 && flat[index - 1] === "Set-Cookie");
  return values.find((value) => value.startsWith("__WL_ID="));
};
const sending = (cookie: string): Partial<RequestHead> => ({
  rawHeaders: ["Host", "shop.example", "Cookie", cookie],
});

describe("affinity", () => {
  const many = ["i1", "i2", "i3", "i4", "i5"];

  it("by the router's cookie holds from the first answer on", () => {
    const { open } = worldOf({ instances: many, route: { affinity: { mode: "router-cookie" } } });
    const first = open();
    const cookie = setCookie(first);
    expect(cookie).toMatch(/^__WL_ID=[\w-]{22}; Path=\/; HttpOnly$/);
    const came = sending(cookie?.split(";")[0] ?? "");
    for (let count = 0; count < 7; count++) {
      const next = open(came);
      expect(next.instance).toBe(first.instance);
      expect(setCookie(next)).toBeUndefined();
    }
  });

  it("by the app's cookie holds once the app sets it, with the same scope", () => {
    const { open } = worldOf({
      instances: many,
      route: { affinity: { mode: "app-cookie", cookies: ["JSESSIONID"] } },
    });
    expect(setCookie(open())).toBeUndefined();
    const first = open();
    const cookie = setCookie(first, ["Set-Cookie", "JSESSIONID=s; Path=/shop; Secure; SameSite=Lax"]);
    expect(cookie).toMatch(/^__WL_ID=[\w-]{22}; Path=\/shop; SameSite=Lax; Secure; HttpOnly$/);
    const own = cookie?.split(";")[0] ?? "";
    for (let count = 0; count < 7; count++) {
      const next = open(sending(`JSESSIONID=s; ${own}`));
      expect(next.instance).toBe(first.instance);
      expect(setCookie(next)).toBeUndefined();
    }
    // Without its session, a client is nobody's.
    const strays = new Set(Array.from({ length: 5 }, () => open(sending(own)).instance?.id));
    expect(strays.size).toBe(5);
  });

  it("to an instance that is gone, or that never was, is set anew", () => {
    const { open, change } = worldOf({ instances: many, route: { affinity: { mode: "router-cookie" } } });
    const first = open();
    const cookie = setCookie(first)?.split(";")[0] ?? "";
    change(first.instance?.id ?? "", false);
    const next = open(sending(cookie));
    expect(next.failure).toBeUndefined();
    expect(next.instance).not.toBe(first.instance);
    expect(setCookie(next)).toMatch(/^__WL_ID=/);
    expect(setCookie(open(sending("__WL_ID=forged")))).toMatch(/^__WL_ID=[\w-]{22};/);
  });

  it("follows a retry, and is Secure where the client came by https", () => {
    const { open } = worldOf({ route: { affinity: { mode: "router-cookie" } } });
    const first = open({}, { ...client, isTls: true });
    const cookie = setCookie(first);
    expect(cookie).toContain("; Secure");
    const next = open(sending(cookie?.split(";")[0] ?? ""));
    expect(next.instance).toBe(first.instance);
    next.connecting();
    expect(next.retry("connect-refused", fresh)).toBe(true);
    expect(setCookie(next)).toMatch(/^__WL_ID=/);
  });

  it("takes the first of several cookies that means an instance of the route", () => {
    const { open } = worldOf({ instances: many, route: { affinity: { mode: "router-cookie" } } });
    const first = open();
    const own = setCookie(first)?.split(";")[0] ?? "";
    expect(open(sending(`__WL_ID=of-another-route; ${own}`)).instance).toBe(first.instance);
  });
});
