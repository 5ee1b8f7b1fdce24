import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { embeddedBench, runWayleave } from "../testing/run-wayleave.ts";

const EXAMPLE = fileURLToPath(new URL("../../../../deploy/examples/two-virtual-hosts.yaml", import.meta.url));
const ROUTES = `
routes:
  shop.example.com: { to: [{ app: shop, version: v1, weight: 90 }, { app: shop, version: v2, weight: 10 }] }
  shop.example.com/new: { to: [{ app: shop, version: v2 }] }
  pinned.example.com: { to: [{ app: shop }], affinity: { mode: router-cookie } }
  empty.example.com: { to: [{ app: empty }] }
instances:
  shop/a: { address: 10.0.0.1, port: 80, version: v1 }
  shop/b: { address: 10.0.0.2, port: 80, version: v2 }
`;

const test = (url: string, expected: string, more = ""): string =>
  `  - { url: "${url}", ${more} expect: { ${expected} } }\n`;

describe("wayleave test", { timeout: 120_000 }, () => {
  it("passes when every expectation holds, and asks nobody", async () => {
    const input = `${ROUTES}tests:
${test("https://shop.example.com/x?y", "app: shop, route: shop.example.com/")}
${test("shop.example.com/new/1", "app: shop, version: v2")}
${test("shop.example.com/news", "route: shop.example.com")}
${test("empty.example.com", "app: empty")}
${test("empty.example.com", "failure: no-instances, status: 503")}
${test("other.example.com", "failure: unknown-route, status: 404")}
${test("a b", "status: 400")}
`;
    const { code, stdout, stderr } = await runWayleave(["test", "-f", "-"], { input });
    expect([code, stdout, stderr]).toEqual([EXIT.ok, "7 passed, 0 failed\n", ""]);
  });

  it("names each that does not hold, by file, line and column, and ends with 1", async () => {
    const input = `${ROUTES}tests:
${test("shop.example.com/", "version: v1")}
${test("shop.example.com/new", "version: v1, app: store")}
${test("other.example.com", "app: shop")}
${test("shop.example.com/", "status: 404")}
`;
    const { code, stdout } = await runWayleave(["test", "-f", "-"], { input });
    expect([code, stdout.split("\n")]).toEqual([
      EXIT.failed,
      [
        "stdin:11:5: shop.example.com/: version is v1 or v2, not v1",
        "stdin:13:5: shop.example.com/new: app is shop, not store; version is v2, not v1",
        "stdin:15:5: other.example.com: app is none, not shop",
        "stdin:17:5: shop.example.com/: status is the app's own, not 404",
        "0 passed, 4 failed",
        "",
      ],
    ]);
    const json = await runWayleave(["test", "-f", "-", "--json"], { input });
    expect(json.code).toBe(EXIT.failed);
    expect(JSON.parse(json.stdout)).toMatchObject({
      revision: null,
      passed: 0,
      failed: 4,
      tests: [
        {
          at: "stdin:11:5",
          ok: false,
          mismatches: [{ field: "version", expected: "v1", found: "v1 or v2" }],
        },
        {},
        {},
        {},
      ],
    });
  });

  it("asks etcd when it is named, where an app without instances is a failure", async () => {
    await using bench = await embeddedBench();
    await bench.store.commit([
      { put: bench.keys.route("shop.example.com", "/"), value: '{"to":[{"app":"live"}]}' },
      { put: bench.keys.route("up.example.com", "/"), value: '{"to":[{"app":"up"}]}' },
      { put: bench.keys.instance("up", "1"), value: '{"address":"10.0.0.1","port":80}' },
    ]);
    const input = `${ROUTES}tests:\n${test("up.example.com", "app: up")}${test("shop.example.com", "app: live")}`;
    const live = await runWayleave(["test", "-f", "-", "--etcd", bench.endpoint], { input });
    expect([live.code, live.stdout]).toEqual([
      EXIT.failed,
      "stdin:12:5: shop.example.com: app is no-instances, not live\n1 passed, 1 failed\n",
    ]);
    // An environment that names etcd does not turn a test of a file into a test of what is live.
    expect((await bench.run(["test", "-f", "-"], { input })).stdout).toContain("0 passed, 2 failed");
  });

  it("ends with 6 for a file with mistakes, or without tests", async () => {
    const bad = await runWayleave(["test", "-f", "-"], { input: "tests: [{ url: a.b }]" });
    expect([bad.code, bad.stderr]).toEqual([
      EXIT.invalid,
      expect.stringMatching(/^wayleave: stdin:1:9: test: expect: /),
    ]);
    const none = await runWayleave(["test", "-f", "-"], { input: ROUTES });
    expect([none.code, none.stderr]).toEqual([EXIT.invalid, "wayleave: - has no tests\n"]);
  });

  it("passes for the example of two virtual hosts", async () => {
    const { code, stdout } = await runWayleave(["test", "-f", EXAMPLE]);
    expect([code, stdout]).toEqual([EXIT.ok, "3 passed, 0 failed\n"]);
  });
});
