import { pino } from "pino";
import { describe, expect, it } from "vitest";

import type { ExchangeSummary } from "../request/exchange-summary.ts";
import { sampleEntry } from "../table/samples.ts";
import { type AccessLogFormat, createAccessLog } from "./access-log.ts";

const instance = sampleEntry("i1", { address: "10.0.0.3", port: 3000 });
const plain: ExchangeSummary = {
  requestId: "id-1",
  startedAt: Date.UTC(2026, 10, 9, 8, 7, 6),
  client: { address: "::ffff:192.0.2.7", port: 4711, localPort: 8080, isTls: false },
  method: "GET",
  host: "shop.example",
  target: "/reset?token=secret",
  httpVersion: "1.1",
  route: { host: "*.example", path: "/reset" },
  app: "shop",
  instance,
  status: 200,
  failure: undefined,
  detail: undefined,
  attempts: 2,
  retried: ["connect-refused"],
  bytesIn: 3,
  bytesOut: 130,
  totalMs: 12.34567,
  instanceMs: 12,
  ownMs: 0.34567,
  isUpgraded: false,
};

function log(format: AccessLogFormat, summary: Partial<ExchangeSummary> = {}): string[] {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  createAccessLog({ format, logger: pino({ base: null }, { write }), write })({ ...plain, ...summary });
  return lines;
}

const json = (summary: Partial<ExchangeSummary> = {}): unknown => JSON.parse(log("json", summary)[0] ?? "");

describe("the access log", () => {
  it("has a JSON line for each exchange", () => {
    expect(json()).toEqual({
      level: 30,
      time: expect.any(Number),
      msg: "exchange",
      requestId: "id-1",
      client: "192.0.2.7",
      method: "GET",
      host: "shop.example",
      path: "/reset",
      httpVersion: "1.1",
      route: "*.example/reset",
      app: "shop",
      instance: "i1",
      address: "10.0.0.3:3000",
      status: 200,
      attempts: 2,
      retried: ["connect-refused"],
      bytesIn: 3,
      bytesOut: 130,
      totalMs: 12.346,
      instanceMs: 12,
      ownMs: 0.346,
    });
  });

  it("says why an exchange failed", () => {
    const failed = { failure: "unknown-route", status: 404, route: undefined, instance: undefined } as const;
    expect(json(failed)).toMatchObject({ failure: "unknown-route", status: 404 });
    expect(json({ isUpgraded: true })).toMatchObject({ upgraded: true });
  });

  it("has the client that a trusted proxy tells of, and the proxy", () => {
    const forwardedClient = "198.51.100.1";
    expect(json({ forwardedClient })).toMatchObject({ client: "198.51.100.1", peer: "192.0.2.7" });
    expect(log("clf", { forwardedClient })[0]).toMatch(/^198\.51\.100\.1 - - /);
  });

  it("has a line in Common Log Format", () => {
    expect(log("clf")).toEqual([
      '192.0.2.7 - - [09/Nov/2026:08:07:06 +0000] "GET /reset HTTP/1.1" 200 130 "shop.example" ' +
        '"*.example/reset" shop i1 - 2 12.346 12 0.346 id-1\n',
    ]);
    const unread = {
      method: "",
      host: "",
      target: "",
      route: undefined,
      app: undefined,
      instance: undefined,
      failure: "head-timeout",
      status: 408,
    } as const;
    expect(log("clf", unread)[0]).toContain('"-" 408 130 "-" "-" - - head-timeout 2');
  });

  it("has no query, in which secrets may stand, and nobody's password", () => {
    for (const format of ["json", "clf"] as const) {
      expect(log(format)[0]).not.toContain("secret");
      const target = "http://user:secret@shop.example/x";
      expect(log(format, { target })[0]).toContain("http://shop.example/x");
      expect(log(format, { target })[0]).not.toContain("secret");
    }
  });

  it("is not broken up by what a client sends", () => {
    const target = '/a"\r\nb\\\u00e4';
    expect(log("clf", { target })[0]).toContain(String.raw`"GET /a\x22\x0d\x0ab\x5c\xe4 HTTP/1.1"`);
    expect(log("json", { target })[0]?.trimEnd()).not.toContain("\n");
  });

  it("can be off", () => {
    expect(log("off")).toEqual([]);
  });
});
