import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Command, startCommand } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { parseRecordJson } from "../writing/record-json.ts";
import { type Bench, embeddedBench, runWayleave } from "../testing/run-wayleave.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await embeddedBench();
  const route = (host: string, path: string, record: object) => ({
    put: bench.keys.route(host, path),
    value: JSON.stringify(record),
  });
  const instance = (id: string, fields: object) => ({
    put: bench.keys.instance("shop", id),
    value: JSON.stringify({ address: "10.0.0.1", ...fields }),
  });
  await bench.store.commit([
    route("shop.com", "/api", {
      to: [{ app: "shop", version: "v2", weight: 3 }, { app: "empty" }],
      attempts: 1,
    }),
    route("shop.com", "/", { to: [{ app: "shop" }] }),
    route("shop.com", "/api/deep", { to: [{ app: "shop" }] }),
    route("*.com", "/", { to: [{ app: "shop" }] }),
    route("sticky.com", "/", { to: [{ app: "shop" }], balance: { hash: { header: "X-User" } } }),
    route("empty.com", "/", { to: [{ app: "empty" }] }),
    instance("one", { port: 81, version: "v2" }),
    instance("two", { port: 82, version: "v1" }),
    instance("three", { port: 83, version: "v2", state: "draining" }),
    instance("meta", { port: 84, address: "169.254.169.254" }),
  ]);
});
afterAll(() => bench[Symbol.asyncDispose]());

describe("wayleave explain", { timeout: 120_000 }, () => {
  it("says which hosts, paths and instances there were, and why all but one lost", async () => {
    const { code, stdout, stderr } = await bench.run(["explain", "http://Shop.com:8080/api/./x?y=1"]);
    expect(code).toBe(EXIT.ok);
    expect(stdout.split("\n")).toEqual([
      `shop.com/api/x at revision ${await bench.revision()}`,
      "",
      "hosts   shop.com  decides",
      "        *.com     less specific",
      "paths   /api       chosen, the longest prefix",
      "        /          shorter",
      "        /api/deep  no prefix of the path",
      "route   shop.com/api",
      "policy  round-robin, affinity none, 3 attempts, connect 2s, answer 1m",
      "",
      "shop@v2  75 % of the route",
      "  one    10.0.0.1:81  picked",
      "  three  10.0.0.1:83  left out: draining",
      "  two    10.0.0.1:82  left out: another version (v1)",
      "",
      "empty  25 % of the route",
      "  no instance is registered",
      "",
      "-> shop/one at 10.0.0.1:81",
      "",
    ]);
    expect(stderr).toMatch(
      /^wayleave: \S+shop\/meta .*169\.254\.169\.254 is in a range that no instance may be in\n$/,
    );
  });

  it("says the same as JSON", async () => {
    expect(await bench.json(["explain", "shop.com/api"])).toMatchObject({
      revision: await bench.revision(),
      host: "shop.com",
      path: "/api",
      route: { host: "shop.com", path: "/api" },
      policy: { balance: "round-robin", attempts: 3 },
      destinations: [
        { app: "shop", version: "v2", weight: 3, share: 0.75 },
        { app: "empty", instances: [] },
      ],
      picked: { app: "shop", id: "one", authority: "10.0.0.1:81" },
      failure: null,
      rejected: [{ key: bench.keys.instance("shop", "meta"), reason: expect.any(String) }],
    });
  });

  it("picks by the header that the policy names", async () => {
    const args = ["explain", "sticky.com", "--client", "203.0.113.9", "--header", "X-User: ann"];
    const { balance, picked } = await bench.json(args);
    expect(balance).toEqual({ hash: { header: "X-User" } });
    expect(picked).toMatchObject({ app: "shop" });
    expect((await bench.json(args))["picked"]).toEqual(picked);
  });

  it("tells that a route takes only clients with a certificate", async () => {
    await bench.store.commit([
      {
        put: bench.keys.route("closed.com", "/"),
        value: JSON.stringify({ to: [{ app: "shop" }], https: { clientCertificate: "required" } }),
      },
    ]);
    const { stdout } = await bench.run(["explain", "closed.com"]);
    expect(stdout).toContain(", clients must show a certificate\n");
  });

  it("ends with 3 when no route leads from there, and says what was looked at", async () => {
    const { code, stdout, stderr } = await bench.run(["explain", "https://nowhere.org/x"]);
    expect([code, stderr]).toEqual([EXIT.notFound, ""]);
    expect(stdout).toContain("no route has a host that matches");
    expect(stdout).toContain("404: no route leads from this host and path");
    const json = await bench.run(["explain", "nowhere.org", "--json"]);
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
      EXIT.notFound,
      { route: null, failure: "unknown-route" },
    ]);
  });

  it("ends with 0 for a route without instances, and says that it is a 503", async () => {
    const { code, stdout } = await bench.run(["explain", "empty.com"]);
    expect([code, stdout]).toEqual([
      EXIT.ok,
      expect.stringContaining("503: the route's apps have no instance"),
    ]);
  });

  it.concurrent.each([
    [EXIT.usage, []],
    [EXIT.usage, ["a.com", "--header", "nonsense"]],
    [EXIT.invalid, ["a b.com"]],
    [EXIT.invalid, ["a.com", "--admin", "nonsense"]],
    [EXIT.unreachable, ["a.com", "--admin", "http://127.0.0.1:9"]],
    [EXIT.unreachable, ["a.com", "--etcd", "http://127.0.0.1:1"]],
  ])("ends with %d for %j", async (exit, args) => {
    const { code, stdout } = await runWayleave(["explain", ...args]);
    expect([code, stdout]).toEqual([exit, ""]);
  });
});

async function startRouter(
  args: readonly string[] = [],
): Promise<{ router: Command; admin: string; url: string }> {
  const ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--access-log", "off"];
  const router = await startCommand(["router", ...ports, ...args], {
    env: { WAYLEAVE_ETCD: bench.endpoint },
  });
  const line = parseRecordJson(await router.waitForLine(/"router-started"/, { withinMs: 30_000 }));
  return { router, admin: `http://${String(line["admin"])}`, url: `http://${String(line["listen"])}` };
}

describe("wayleave router", { timeout: 120_000 }, () => {
  it("routes, explains itself, is waited for, and ends with 0 on SIGTERM", async () => {
    const { router, admin, url } = await startRouter(["--id", "router-7"]);
    await using _ = router;
    const missing = await fetch(url);
    expect([missing.status, missing.headers.get("x-wayleave-error")]).toEqual([404, "unknown-route"]);
    const { code, stdout } = await runWayleave(["explain", "shop.com/api", "--admin", admin]);
    expect([code, stdout]).toEqual([EXIT.ok, expect.stringContaining("-> shop/one at 10.0.0.1:81")]);
    const refused = await runWayleave(["explain", "a b", "--admin", admin]);
    expect([refused.code, refused.stderr]).toEqual([
      EXIT.invalid,
      expect.stringMatching(/^wayleave: .*host/),
    ]);

    const written = await bench.json(["routes", "set", "late.com", "--to", "nobody", "--wait"]);
    const { revision } = written;
    const late = await runWayleave(["explain", "late.com", "--admin", admin, "--json"]);
    expect(JSON.parse(late.stdout)).toMatchObject({ revision, failure: "no-instances" });
    expect(await bench.json(["wait", "--revision", String(revision)])).toMatchObject({
      routers: [{ id: "router-7" }],
    });
    router.kill("SIGTERM");
    expect((await router.exit).code).toBe(EXIT.ok);
  });

  it("takes the admin token from a file, and so does explain", async () => {
    const directory = await mkdtemp(join(tmpdir(), "wayleave-token-"));
    const file = join(directory, "token");
    await writeFile(file, "secret\n");
    const { router, admin } = await startRouter(["--admin-token-file", file]);
    await using _ = router;
    expect((await runWayleave(["explain", "shop.com", "--admin", admin])).code).toBe(EXIT.failed);
    const told = await runWayleave(["explain", "shop.com", "--admin", admin, "--admin-token-file", file]);
    expect(told.code).toBe(EXIT.ok);
    await rm(directory, { recursive: true });
  });

  it.concurrent.each([
    [EXIT.invalid, ["--listen", "8080"], /not ADDRESS:PORT/],
    [EXIT.invalid, ["--admin", "127.0.0.1:70000"], /70000/],
    [EXIT.invalid, ["--trusted-proxies", "10.0.0.0/8,nonsense"], /nonsense/],
    [EXIT.invalid, ["--instance-cidr", "10.0.0.0/99"], /10\.0\.0\.0\/99/],
    [EXIT.invalid, ["--admin-token-file", "/nowhere/token"], /cannot be read/],
    [EXIT.usage, ["--engine", "steam"], /wire, http-proxy/],
    [EXIT.invalid, ["--workers", "many"], /number of workers/],
  ])("ends with %d for %j", async (exit, args, reason) => {
    const { code, stdout, stderr } = await runWayleave(["router", ...args]);
    expect([code, stdout, stderr]).toEqual([exit, "", expect.stringMatching(reason)]);
  });
});
