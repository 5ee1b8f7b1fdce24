// switch, wait and --wait: what concerns the routers that are running. Their records stand in for them here.

import { eventually, startCommand } from "@wayleave/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";

let bench: Bench;

beforeEach(async () => {
  bench = await embeddedBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

async function publishReplica(id: string, revision: number): Promise<void> {
  const record = {
    admin: "127.0.0.1:9080",
    revision,
    version: "0.1.0",
    since: new Date(0).toISOString(),
    workers: 0,
  };
  await bench.store.commit([{ put: bench.keys.replica(id), value: JSON.stringify(record) }]);
}

async function putRoute(host: string, record: object): Promise<number> {
  return await bench.store.commit([{ put: bench.keys.route(host, "/"), value: JSON.stringify(record) }]);
}

async function putInstance(id: string, fields: object = {}): Promise<number> {
  const value = JSON.stringify({ address: "10.0.0.1", port: 80, ...fields });
  return await bench.store.commit([{ put: bench.keys.instance("shop", id), value }]);
}

describe("wayleave switch", { timeout: 120_000 }, () => {
  it("leads the route elsewhere and keeps everything else of it", async () => {
    await putInstance("one", { version: "v2" });
    await putRoute("shop.com", { to: [{ app: "shop", version: "v1" }], balance: "power-of-two", future: 1 });
    const { code, stdout, stderr } = await bench.run(["switch", "shop.com", "--to", "shop@v2"]);
    const revision = await bench.revision();
    expect([code, stdout, stderr]).toEqual([
      EXIT.ok,
      `switched shop.com/ from shop@v1 to shop@v2 (revision ${revision})\n`,
      "",
    ]);
    const { record } = await bench.store.get(bench.keys.route("shop.com", "/"));
    expect(JSON.parse(record?.value ?? "")).toEqual({
      to: [{ app: "shop", version: "v2" }],
      balance: "power-of-two",
      future: 1,
    });
    expect(await bench.json(["switch", "shop.com", "--to", "shop@v2", "--dry-run"])).toEqual({
      revision: null,
      host: "shop.com",
      path: "/",
      from: [{ app: "shop", version: "v2" }],
      to: [{ app: "shop", version: "v2" }],
    });
  });

  it("says that nobody is ready there, and switches all the same", async () => {
    await putRoute("shop.com", { to: [{ app: "shop" }] });
    await putInstance("one", { version: "v1" });
    await putInstance("two", { version: "v2", state: "draining" });
    const { code, stderr } = await bench.run(["switch", "shop.com", "--to", "shop@v2"]);
    expect([code, stderr]).toEqual([
      EXIT.ok,
      "wayleave: shop@v2 has no ready instance: requests get 503 until it has\n",
    ]);
  });

  it("does not write a record that no router could use", async () => {
    const revision = await putRoute("shop.com", { to: [{ app: "shop" }], balance: "none such" });
    const { code, stderr } = await bench.run(["switch", "shop.com", "--to", "shop@v2"]);
    expect([code, stderr]).toEqual([
      EXIT.invalid,
      expect.stringContaining("route shop.com/: balance: must be"),
    ]);
    expect(await bench.revision()).toBe(revision);
  });

  it.each([
    [EXIT.notFound, ["none.com", "--to", "shop"], /no route none\.com\//],
    [EXIT.usage, ["shop.com"], /--to/],
    [EXIT.invalid, ["shop.com", "--to", "sh op"], /not a name/],
    [EXIT.invalid, ["shop.com", "--to", "shop="], /not APP/],
  ])("ends with %d for %j", async (exit, args, reason) => {
    const { code, stderr } = await bench.run(["switch", ...args]);
    expect([code, stderr]).toEqual([exit, expect.stringMatching(reason)]);
    expect(await bench.revision()).toBe(1);
  });
});

describe("--wait", { timeout: 120_000 }, () => {
  it("returns when every live router has applied the write", async () => {
    await publishReplica("router-a", 1_000);
    await publishReplica("router-b", 0);
    await using command = await startCommand(["routes", "set", "a.com", "--to", "a", "--wait"], {
      env: { WAYLEAVE_ETCD: bench.endpoint },
    });
    await eventually(async () => {
      expect((await bench.store.get(bench.keys.route("a.com", "/"))).record).toBeDefined();
    });
    expect(command.stdout()).toBe("");
    await publishReplica("router-b", 1_000);
    expect((await command.exit).code).toBe(EXIT.ok);
    expect(command.stdout()).toMatch(/^created route a\.com\/ -> a/);
  });

  it("names the routers that are behind when the time is over, and ends with 1", async () => {
    await publishReplica("router-a", 1_000);
    await publishReplica("router-b", 1);
    const { code, stderr } = await bench.run([
      "routes",
      "set",
      "a.com",
      "--to",
      "a",
      "--wait",
      "--wait-timeout",
      "300ms",
    ]);
    expect([code, stderr]).toEqual([
      EXIT.failed,
      expect.stringMatching(
        /revision \d+ is written, but after 300ms 1 of 2 routers have not applied it: router-b \(at 1\)/,
      ),
    ]);
  });
});

describe("wayleave wait", { timeout: 120_000 }, () => {
  it("waits for a revision", async () => {
    await publishReplica("router-a", 41);
    const late = await bench.run(["wait", "--revision", "42", "--timeout", "300ms"]);
    expect([late.code, late.stderr]).toEqual([EXIT.failed, expect.stringContaining("router-a (at 41)")]);
    await publishReplica("router-a", 42);
    expect(await bench.json(["wait", "--revision", "42"])).toEqual({
      revision: 42,
      routers: [{ id: "router-a", revision: 42 }],
    });
  });

  it("waits for a route with its instances, and says what is missing when the time is over", async () => {
    const args = ["wait", "--route", "shop.com", "--instances", "2"];
    const none = await bench.run([...args, "--timeout", "300ms"]);
    expect([none.code, none.stderr]).toEqual([EXIT.failed, "wayleave: after 300ms: shop.com/ is no route\n"]);
    await putRoute("shop.com", { to: [{ app: "shop", version: "v1" }] });
    await putInstance("one", { version: "v1" });
    await putInstance("other", { version: "v2" });
    const few = await bench.run([...args, "--timeout", "300ms"]);
    expect(few.stderr).toBe("wayleave: after 300ms: shop.com/ has 1 of 2 ready instances\n");
    await using command = await startCommand(args, { env: { WAYLEAVE_ETCD: bench.endpoint } });
    await putInstance("two", { version: "v1" });
    expect((await command.exit).code).toBe(EXIT.ok);
    expect(command.stdout()).toMatch(/, with 2 ready instances\n$/);
  });

  it.each([
    [[]],
    [["--revision", "1", "--route", "a.com"]],
    [["--revision", "1", "--instances", "1"]],
    [["--revision", "x"]],
  ])("ends with 2 for %j", async (args) => {
    expect((await bench.run(["wait", ...args])).code).toBe(EXIT.usage);
  });
});
