import { describe, expect, it } from "vitest";

import { client, fieldsOf, proxy, worldOf } from "./testing/exchange-world.ts";

const fresh = { isSent: false, isReused: false, canResend: true };
const sent = { isSent: true, isReused: false, canResend: true };

/** What a client is told that asks for a host without a route. */
function bodyFor(diagnostics: boolean, host: string): string {
  const exchange = worldOf({ settings: { diagnostics } }).open({ rawHeaders: ["Host", host] });
  return exchange.failureAnswer().body.toString();
}

describe("an exchange", () => {
  it("without a route is told the nearest host, when diagnostics are on", () => {
    expect(bodyFor(true, "shpo.example")).toContain("Did you mean shop.example?");
    expect(bodyFor(true, "elsewhere.example")).not.toContain("Did you mean");
    expect(bodyFor(false, "shpo.example")).not.toContain("shop.example");
  });

  it("goes to an instance of the route that matches, and is summed up when it is over", () => {
    const { open, summaries, time } = worldOf({ instances: ["i1"] });
    const exchange = open();
    expect(exchange.instance?.id).toBe("i1");
    expect(exchange.target).toBe("/a?b");
    time.clock += 1;
    exchange.connecting();
    expect(exchange.instance?.active).toBe(1);
    expect(fieldsOf(exchange.requestHeaders())).toMatchObject({
      Host: "shop.example",
      "X-Forwarded-For": "192.0.2.7",
      Via: "1.1 wl-1",
    });
    time.clock += 10;
    const id = fieldsOf(exchange.answerHeaders(200, ["Content-Length", "0"]))["X-Request-Id"];
    exchange.answerEnded();
    time.clock += 4;
    exchange.finish({ bytesIn: 3, bytesOut: 7 });
    expect(exchange.instance?.active).toBe(0);
    expect(summaries).toEqual([
      expect.objectContaining({
        requestId: id,
        method: "GET",
        host: "shop.example",
        target: "/a?b",
        app: "shop",
        status: 200,
        failure: undefined,
        attempts: 1,
        retried: [],
        bytesIn: 3,
        bytesOut: 7,
        totalMs: 15,
        instanceMs: 10,
        ownMs: 5,
        isUpgraded: false,
      }),
    ]);
    expect(summaries[0]?.route).toMatchObject({ host: "shop.example", path: "/" });
  });

  it("is a failure when the head is refused, no route matches, or nobody serves", () => {
    expect(worldOf().open({ target: "/#" }).failure).toBe("bad-request");
    expect(worldOf().open({ rawHeaders: ["Host", "other.example"] }).failure).toBe("unknown-route");
    expect(worldOf({ instances: [] }).open().failure).toBe("no-instances");
    const limits = { connectionsPerInstance: 1 };
    const { open } = worldOf({ route: { limits } });
    open().connecting();
    open().connecting();
    expect(open().failure).toBe("instances-saturated");
  });

  it("is a failure when its Content-Length is above the limit of its route", () => {
    const { open } = worldOf({ route: { limits: { maxBodyBytes: 10 } } });
    const post = (length: string) =>
      open({ method: "POST", hasBody: true, rawHeaders: ["Host", "shop.example", "Content-Length", length] });
    expect(post("10").failure).toBeUndefined();
    expect(post("11").failure).toBe("body-too-large");
  });

  it("tells of a suspect at its first refused connection, though another instance then serves", () => {
    const { open, change, refused, summaries } = worldOf({ instances: [] });
    for (const id of ["gone", "slow", "there"]) change(id, true, true);
    const exchange = open();
    exchange.connecting();
    expect(exchange.retry("connect-refused", fresh)).toBe(true);
    exchange.connecting();
    expect(exchange.retry("connect-timeout", fresh)).toBe(true);
    exchange.connecting();
    exchange.answerHeaders(200, []);
    exchange.answerEnded();
    exchange.finish({ bytesIn: 0, bytesOut: 0 });
    expect(summaries).toMatchObject([
      { failure: undefined, retried: ["connect-refused", "connect-timeout"] },
    ]);
    expect(refused).toEqual(["gone"]);
  });

  it("that fails answers with its request id, which a trusted proxy may have given", () => {
    const { open, summaries } = worldOf({ instances: [] });
    const rawHeaders = ["Host", "shop.example", "X-Request-Id", "given", "Accept", "text/plain"];
    const exchange = open({ rawHeaders }, proxy);
    const answer = exchange.failureAnswer();
    expect(answer.status).toBe(503);
    expect(fieldsOf(answer.headers)).toMatchObject({ "X-Request-Id": "given", "Retry-After": "5" });
    expect(answer.body.toString()).toContain("Request id: given");
    exchange.finish({ bytesIn: 0, bytesOut: 0 });
    expect(summaries[0]).toMatchObject({ app: "shop", failure: "no-instances", status: 503, attempts: 0 });
    expect(fieldsOf(open({ rawHeaders }).failureAnswer().headers)["X-Request-Id"]).not.toBe("given");
  });

  it("of a head that could not be read is a failure too", () => {
    const { exchanges, summaries } = worldOf();
    const exchange = exchanges.refuse("head-too-large", client, "too large");
    expect(exchange.failureAnswer().status).toBe(431);
    exchange.finish({ bytesIn: 0, bytesOut: 9 });
    expect(summaries[0]).toMatchObject({
      method: "",
      failure: "head-too-large",
      status: 431,
      detail: "too large",
    });
  });

  it("survives a defect of the router as a failure that says nothing to the client", () => {
    const { table, open, summaries } = worldOf();
    table.match = () => {
      throw new Error("a defect");
    };
    const exchange = open();
    expect(exchange.failure).toBe("internal");
    expect(exchange.failureAnswer().body.toString()).not.toContain("defect");
    exchange.finish({ bytesIn: 0, bytesOut: 0 });
    expect(summaries[0]?.detail).toContain("a defect");
  });

  it("keeps to the table that it took", () => {
    const { open, change } = worldOf({ instances: ["i1", "i2"] });
    const exchange = open();
    const first = exchange.instance;
    change("i1", false);
    change("i2", false);
    expect(exchange.instance).toBe(first);
    expect(first?.isGone).toBe(true);
  });

  it("whose client goes away before the answer has the status 499", () => {
    const { open, summaries } = worldOf();
    const exchange = open();
    exchange.connecting();
    exchange.finish({ bytesIn: 0, bytesOut: 0, cut: "client-gone" });
    expect(summaries[0]).toMatchObject({ status: 499, failure: "client-gone", attempts: 1 });
    expect(exchange.instance).toMatchObject({ active: 0, failures: 0, ejections: 0 });
  });

  it("sends an HTTP/1.0 client's request with a Host all the same", () => {
    const { table, open } = worldOf({ instances: ["i1"] });
    table.apply({
      revision: 9,
      routes: [{ host: "*", path: "/", route: { to: [{ app: "shop" }] } }],
      instances: [],
    });
    const exchange = open({ httpVersion: "1.0", rawHeaders: [] });
    const fields = fieldsOf(exchange.requestHeaders());
    expect(fields["Host"]).toBe(exchange.instance?.authority);
    expect(fields).not.toHaveProperty("X-Forwarded-Host");
  });
});

describe("the client of an exchange", () => {
  const rawHeaders = ["Host", "shop.example", "X-Forwarded-For", "203.0.113.9, 198.51.100.1"];

  it("is who a trusted proxy says it is, and its peer otherwise", () => {
    const { open, summaries } = worldOf();
    for (const from of [proxy, client]) open({ rawHeaders }, from).finish({ bytesIn: 0, bytesOut: 0 });
    expect(summaries.map(({ forwardedClient }) => forwardedClient)).toEqual(["198.51.100.1", undefined]);
  });
});

describe("a failed attempt", () => {
  it("is followed by one on another instance, and the first is held to blame", () => {
    const { open, summaries } = worldOf();
    const exchange = open({ method: "POST", hasBody: true });
    const first = exchange.instance;
    exchange.connecting();
    expect(exchange.retry("connect-refused", fresh)).toBe(true);
    expect(exchange.instance).not.toBe(first);
    expect(first).toMatchObject({ active: 0, ejections: 1 });
    exchange.connecting();
    exchange.answerHeaders(200, []);
    exchange.answerEnded();
    exchange.finish({ bytesIn: 0, bytesOut: 0 });
    expect(summaries[0]).toMatchObject({
      attempts: 2,
      retried: ["connect-refused"],
      failure: undefined,
      status: 200,
    });
  });

  it("is the last one when there is nobody else", () => {
    const { open } = worldOf({ instances: ["i1"] });
    const exchange = open();
    exchange.connecting();
    expect(exchange.retry("connect-refused", fresh)).toBe(false);
    expect(exchange.failure).toBe("connect-refused");
    expect(exchange.instance?.id).toBe("i1");
  });

  it("on a kept connection that died is followed by one on the same instance, whom nobody blames", () => {
    const { open } = worldOf({ instances: ["i1"], route: { retries: { attempts: 1 } } });
    const exchange = open();
    exchange.connecting();
    expect(exchange.retry("answer-cut", { ...sent, isReused: true })).toBe(true);
    expect(exchange.instance).toMatchObject({ id: "i1", failures: 0 });
    const post = open({ method: "POST" });
    post.connecting();
    expect(post.retry("answer-cut", { ...sent, isReused: true })).toBe(false);
  });

  it("is not repeated beyond the budget of its route", () => {
    const { open } = worldOf();
    let retried = 0;
    for (let count = 0; count < 100; count++) {
      const exchange = open();
      exchange.connecting();
      if (exchange.retry("answer-cut", sent)) {
        retried++;
        exchange.connecting();
      }
      exchange.finish({ bytesIn: 0, bytesOut: 0, cut: "client-gone" });
    }
    expect(retried).toBeGreaterThan(20);
    expect(retried).toBeLessThan(40);
  });

  it("that the client is to blame for is not held against the instance", () => {
    const { open } = worldOf();
    const exchange = open({ method: "PUT", hasBody: true });
    exchange.connecting();
    expect(exchange.retry("body-too-large", { ...sent, canResend: false })).toBe(false);
    expect(exchange.failure).toBe("body-too-large");
    expect(exchange.instance).toMatchObject({ active: 0, failures: 0, ejections: 0 });
  });

  it("in the answer's body counts against the instance, and a whole answer clears it", () => {
    const { open } = worldOf({ instances: ["i1"] });
    const cut = () => {
      const exchange = open();
      exchange.connecting();
      exchange.answerHeaders(200, []);
      exchange.finish({ bytesIn: 0, bytesOut: 0, cut: "answer-cut" });
      return exchange.instance;
    };
    cut();
    expect(cut()).toMatchObject({ failures: 2, active: 0 });
    const whole = open();
    whole.connecting();
    whole.answerHeaders(503, []);
    whole.answerEnded();
    expect(whole.instance?.failures).toBe(0);
  });
});
