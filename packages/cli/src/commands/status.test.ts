import { once } from "node:events";
import { type IncomingMessage, get } from "node:http";

import { eventually, startCommand, startDemoApp } from "@wayleave/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";

let bench: Bench;

beforeEach(async () => {
  bench = await embeddedBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

async function put(key: string, record: object): Promise<number> {
  return await bench.store.commit([{ put: key, value: JSON.stringify(record) }]);
}

async function putInstance(id: string, fields: object = {}): Promise<number> {
  return await put(bench.keys.instance("shop", id), { address: "127.0.0.1", port: 9, ...fields });
}

async function putReplica(id: string, revision: number): Promise<void> {
  const since = new Date(0).toISOString();
  await put(bench.keys.replica(id), { admin: "127.0.0.1:9", revision, version: "0.1.0", since, workers: 0 });
}

async function requestTo(address: string, host: string): Promise<IncomingMessage> {
  const [answer] = await once(get(`http://${address}/`, { headers: { host }, agent: false }), "response");
  return answer.resume();
}

describe("wayleave status", { timeout: 120_000 }, () => {
  it("says what is wrong first, then tells of etcd, routers and table, and ends with 1", async () => {
    await putInstance("one", { version: "v1" });
    await putInstance("two", { state: "draining" });
    await put(bench.keys.route("good.com", "/"), { to: [{ app: "shop", version: "v1" }] });
    await put(bench.keys.route("empty.com", "/"), { to: [{ app: "shop", version: "v2" }] });
    const revision = await put(bench.keys.route("bad.com", "/"), { to: [] });
    await putReplica("router-a", revision);
    await putReplica("router-b", revision - 4);
    const { code, stdout, stderr } = await bench.run(["status"]);
    expect([code, stderr]).toEqual([EXIT.failed, expect.stringContaining("bad.com/ ")]);
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "degraded  1 route down",
      "            empty.com/: shop@v2 has no instance",
      `degraded  1 record rejected: ${bench.keys.route("bad.com", "/")}`,
      "degraded  not at the newest revision: router-b",
    ]);
    expect(stdout).toContain(`router-b\t${revision - 4}\tbehind\t`);
    expect(stdout).toContain("2 routes, 2 instances (2 static, 1 draining)");

    const json = await bench.run(["status", "--json"]);
    expect([json.code, JSON.parse(json.stdout)]).toEqual([
      EXIT.failed,
      {
        health: {
          level: "degraded",
          reasons: ["routes-down", "rejected-records", "routers-behind"].map((reason) =>
            expect.objectContaining({ code: reason, routers: [] }),
          ),
        },
        etcd: [expect.objectContaining({ endpoint: bench.endpoint, isReachable: true })],
        routers: [
          expect.objectContaining({ id: "router-a", revision, isBehind: false, health: null }),
          expect.objectContaining({ id: "router-b", revision: revision - 4, isBehind: true }),
        ],
        table: { revision: revision - 1, routes: 2, instances: 2, staticInstances: 2, drainingInstances: 1 },
        bad: [{ key: bench.keys.route("bad.com", "/"), revision, reason: "to: needs one app or more" }],
        routesWithoutInstances: ["empty.com/"],
      },
    ]);
  });

  it("says so when every instance of an app is gone, and is content when one is back", async () => {
    await using app = await startDemoApp({ name: "shop" });
    await put(bench.keys.route("shop.com", "/"), { to: [{ app: "shop" }] });
    await putInstance("one", { port: app.port });
    await using router = await startCommand(
      [
        "router",
        "--listen",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
        "--access-log",
        "off",
        "--workers",
        "0",
      ],
      { env: { WAYLEAVE_ETCD: bench.endpoint } },
    );
    await eventually(async () => {
      expect(await bench.run(["status"])).toMatchObject({
        code: EXIT.ok,
        stdout: expect.stringMatching(/^ok +nothing is wrong\n/),
        stderr: "",
      });
    });
    await bench.store.commit([{ delete: bench.keys.instance("shop", "one") }]);
    const { code, stdout } = await bench.run(["status"]);
    expect([code, stdout.split("\n").slice(0, 2)]).toEqual([
      EXIT.failed,
      ["down      1 route down", "            shop.com/: shop has no instance"],
    ]);
    expect(router.stderr()).toBe("");
  });

  it("says so when every instance of an app refuses, as its routers notice", async () => {
    await put(bench.keys.route("shop.com", "/"), { to: [{ app: "shop" }] });
    await putInstance("one"); // nobody listens there
    await using router = await startCommand(
      ["router", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--access-log", "off", "--id", "r1"],
      { env: { WAYLEAVE_ETCD: bench.endpoint, WAYLEAVE_WORKERS: "0" } },
    );
    const line: unknown = JSON.parse(await router.waitForLine(/"router-started"/));
    const listen = line instanceof Object && "listen" in line ? String(line.listen) : "";
    expect((await requestTo(listen, "shop.com")).statusCode).toBe(502);
    const { code, stdout } = await bench.run(["status"]);
    expect([code, stdout.split("\n")[0]]).toEqual([
      EXIT.failed,
      "down      1 route down: shop.com/ (says r1)",
    ]);
  });

  it("ends with 5 when the router that is to be asked does not answer", async () => {
    const { code, stderr } = await bench.run(["status", "--admin", "127.0.0.1:9"]);
    expect([code, stderr]).toEqual([EXIT.unreachable, expect.stringContaining("127.0.0.1:9")]);
  });
});
