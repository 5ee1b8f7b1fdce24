import { pino } from "pino";
import { describe, expect, it } from "vitest";

import type { ExchangeSummary } from "../request/exchange-summary.ts";
import { sampleEntry } from "../table/samples.ts";
import { type AccessLogFormat, createAccessLog } from "./access-log.ts";
import { LinesOfATurn } from "./lines-of-a-turn.ts";

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

/** What is written of exchanges in one turn of the event loop. */
async function writesOf(
  format: AccessLogFormat,
  ...summaries: Partial<ExchangeSummary>[]
): Promise<string[]> {
  const writes: string[] = [];
  const write = (lines: string) => void writes.push(lines);
  const logger = pino({ base: null }, { write }).child({ worker: 1 });
  const observe = createAccessLog({ format, logger, write });
  for (const summary of summaries) observe({ ...plain, ...summary });
  expect(writes).toEqual([]);
  await new Promise(setImmediate);
  return writes;
}

const logged = (format: AccessLogFormat, summary: Partial<ExchangeSummary> = {}): Promise<string[]> =>
  writesOf(format, summary);

async function json(summary: Partial<ExchangeSummary> = {}): Promise<unknown> {
  return JSON.parse((await logged("json", summary))[0] ?? "");
}

function requestIdIn(line: string): string {
  const { requestId } = JSON.parse(line);
  return requestId;
}

describe("the access log", () => {
  it("has a JSON line for each exchange", async () => {
    expect(await json()).toEqual({
      level: 30,
      worker: 1,
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

  it("says why an exchange failed", async () => {
    const failed = { failure: "unknown-route", status: 404, route: undefined, instance: undefined } as const;
    expect(await json(failed)).toMatchObject({ failure: "unknown-route", status: 404 });
    expect(await json({ isUpgraded: true })).toMatchObject({ upgraded: true });
  });

  it("has the client that a trusted proxy tells of, and the proxy", async () => {
    const forwardedClient = "198.51.100.1";
    expect(await json({ forwardedClient })).toMatchObject({ client: "198.51.100.1", peer: "192.0.2.7" });
    expect((await logged("clf", { forwardedClient }))[0]).toMatch(/^198\.51\.100\.1 - - /);
  });

  it("has a line in Common Log Format", async () => {
    expect(await logged("clf")).toEqual([
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
    expect((await logged("clf", unread))[0]).toContain('"-" 408 130 "-" "-" - - head-timeout 2');
  });

  it("has no query, in which secrets may stand, and nobody's password", async () => {
    for (const format of ["json", "clf"] as const) {
      expect((await logged(format))[0]).not.toContain("secret");
      const target = "http://user:secret@shop.example/x";
      expect((await logged(format, { target }))[0]).toContain("http://shop.example/x");
      expect((await logged(format, { target }))[0]).not.toContain("secret");
    }
  });

  it("is not broken up by what a client sends", async () => {
    const target = '/a"\r\nb\\\u00e4';
    expect((await logged("clf", { target }))[0]).toContain(
      String.raw`"GET /a\x22\x0d\x0ab\x5c\xe4 HTTP/1.1"`,
    );
    expect((await logged("json", { target }))[0]?.trimEnd()).not.toContain("\n");
  });

  it("is written once a turn, however many exchanges end in it", async () => {
    const writes = await writesOf("json", { requestId: "1" }, { requestId: "2" }, { requestId: "3" });
    expect(writes).toHaveLength(1);
    const lines = writes[0]?.trimEnd().split("\n") ?? [];
    expect(lines.map((line) => requestIdIn(line))).toEqual(["1", "2", "3"]);
    const long = { detail: "x".repeat(40_000) };
    expect(await writesOf("clf", {}, {})).toHaveLength(1);
    const observed: string[] = [];
    const log = new LinesOfATurn((text) => observed.push(text));
    for (const line of [long.detail, long.detail, "last"]) log.add(line);
    expect(observed).toEqual([long.detail + long.detail]);
    log.flush();
    expect(observed.at(-1)).toBe("last");
  });

  it("is JSON whatever stands in it", async () => {
    const text = '"\\\n\u2028\u00e4';
    const odd = {
      requestId: text,
      method: text,
      host: text,
      target: text,
      detail: text,
      clientSubject: text,
    };
    const route = { host: text, path: text };
    const all = { ...odd, route, forwardedClient: text, app: text, instance: undefined };
    const read = { requestId: text, method: text, host: text, path: text, detail: text, clientSubject: text };
    expect(await json(all)).toMatchObject({ ...read, route: text + text, client: text, app: text });
  });

  it("has thousandths of a millisecond", async () => {
    const times = { totalMs: 1_234.567_8, instanceMs: 0.000_4, ownMs: -0.000_1 };
    expect(await json(times)).toMatchObject({ totalMs: 1_234.568, instanceMs: 0, ownMs: 0 });
    expect(await json({ totalMs: 0.999_9, ownMs: 0.05 })).toMatchObject({ totalMs: 1, ownMs: 0.05 });
  });

  it("can be off", async () => {
    expect(await logged("off")).toEqual([]);
  });
});
