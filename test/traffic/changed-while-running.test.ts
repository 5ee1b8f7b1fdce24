import { request } from "node:http";

import { ask, type DemoApp, realEtcd, startDemoApp } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { keys, putInstance, putRoute, Stage } from "./stage.ts";

const SLOW = "/slow?ms=1500";

describe.skipIf(!realEtcd.isAvailable)("limits and timeouts that are changed while a router runs", () => {
  let stage: Stage;
  let app: DemoApp;
  const settings = (value: object): Promise<number> =>
    stage.commit([{ put: keys.settings, value: JSON.stringify(value) }]);

  beforeAll(async () => {
    stage = await Stage.start(1);
    app = await startDemoApp({ name: "shop" });
    await stage.commit([
      putRoute("shop.example", [{ app: "shop" }]),
      putRoute("other.example", [{ app: "shop" }]),
      putInstance("shop", "one", app.port),
    ]);
  });

  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    await app.close();
  });

  it("hold for the next exchange, a route's own before the settings", async () => {
    expect((await ask(stage.port, "shop.example", SLOW)).status).toBe(200);
    await settings({ timeouts: { answerHeadMs: 200 } });
    const late = { status: 504, failure: "answer-timeout" };
    expect(await ask(stage.port, "shop.example", SLOW)).toMatchObject(late);
    await stage.commit([putRoute("shop.example", [{ app: "shop" }], { timeouts: { answerHeadMs: 30_000 } })]);
    expect((await ask(stage.port, "shop.example", SLOW)).status).toBe(200);
    expect(await ask(stage.port, "other.example", SLOW)).toMatchObject(late);
    await settings({ timeouts: { exchangeMs: 200 } });
    expect(await ask(stage.port, "other.example", SLOW)).toMatchObject(late);
    await settings({});
    expect((await ask(stage.port, "other.example", SLOW)).status).toBe(200);
  });

  it("leave what runs already as it began", async () => {
    const before = app.requests;
    const running = ask(stage.port, "shop.example", SLOW);
    await expect.poll(() => app.requests).toBe(before + 1);
    await settings({ timeouts: { answerHeadMs: 100, exchangeMs: 200 } });
    expect((await running).status).toBe(200);
    await settings({});
  });

  it("are limits of bodies, of connections an instance, and of heads", async () => {
    expect(await post(stage.port, "shop.example", 5_000)).toEqual([200, null]);
    await stage.commit([putRoute("shop.example", [{ app: "shop" }], { limits: { maxBodyBytes: 4_000 } })]);
    expect(await post(stage.port, "shop.example", 5_000)).toEqual([413, "body-too-large"]);
    expect(await post(stage.port, "other.example", 5_000)).toEqual([200, null]);

    await stage.commit([
      putRoute("shop.example", [{ app: "shop" }], { limits: { connectionsPerInstance: 1 } }),
    ]);
    const before = app.requests;
    const running = ask(stage.port, "shop.example", SLOW);
    await expect.poll(() => app.requests).toBe(before + 1);
    expect(await ask(stage.port, "shop.example")).toMatchObject({
      status: 503,
      failure: "instances-saturated",
    });
    expect((await running).status).toBe(200);
    expect((await ask(stage.port, "shop.example")).status).toBe(200);

    const long = `/${"x".repeat(3_000)}`;
    expect((await ask(stage.port, "shop.example", long)).status).toBe(200);
    await settings({ listener: { maxHeadBytes: 2_000 } });
    expect(await ask(stage.port, "shop.example", long)).toMatchObject({
      status: 431,
      failure: "head-too-large",
    });
    await settings({});
    expect((await ask(stage.port, "shop.example", long)).status).toBe(200);
  });

  it("a bad value of them leaves the last good one in force", async () => {
    await settings({ timeouts: { answerHeadMs: 200 } });
    await settings({ timeouts: { answerHeadMs: "soon" } });
    expect(await ask(stage.port, "other.example", SLOW)).toMatchObject({ status: 504 });
    await settings({});
  });
});

function post(port: number, host: string, bytes: number): Promise<[status: number, failure: unknown]> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method: "POST", headers: { host }, agent: false };
    const outgoing = request(options, (answer) => {
      answer.resume();
      answer.on("end", () => resolve([answer.statusCode ?? 0, answer.headers["x-wayleave-error"] ?? null]));
    });
    outgoing.on("error", reject);
    outgoing.end(Buffer.alloc(bytes));
  });
}
