// top, tap, events and status on a router that runs, with a token.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";

import { eventually, startCommand, startDemoApp, temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { embeddedBench } from "../testing/run-wayleave.ts";

describe("the live commands on a router", { timeout: 60_000 }, () => {
  it("show its requests and what happened, by the token that its file names first", async () => {
    await using bench = await embeddedBench();
    await using app = await startDemoApp({ name: "shop" });
    const token = join(temporaryDirectory("token"), "token");
    writeFileSync(token, "ops:secret,other:word\n");
    const value = JSON.stringify({ address: "127.0.0.1", port: app.port });
    await bench.store.commit([{ put: bench.keys.route("shop.com", "/"), value: '{"to":[{"app":"shop"}]}' }]);
    await using router = await startCommand(
      [
        "router",
        "--listen",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
        "--admin-token-file",
        token,
        "--workers",
        "0",
      ],
      { env: { WAYLEAVE_ETCD: bench.endpoint, WAYLEAVE_ACCESS_LOG: "off" } },
    );
    const line: unknown = JSON.parse(await router.waitForLine(/"router-started"/));
    const listen = line instanceof Object && "listen" in line ? String(line.listen) : "";
    await bench.store.commit([{ put: bench.keys.instance("shop", "one"), value }]);
    const send = async (): Promise<number> => {
      const request = get(`http://${listen}/cart`, { headers: { host: "shop.com" }, agent: false });
      const [answer] = await once(request, "response");
      return answer.resume().statusCode;
    };
    await eventually(async () => expect(await send()).toBe(200));

    const env = { WAYLEAVE_ETCD: bench.endpoint, WAYLEAVE_ADMIN_TOKEN_FILE: token };
    await using tap = await startCommand(["tap", "--app", "shop", "--json"], { env });
    await eventually(async () => {
      await send();
      expect(tap.stdout()).toContain(
        '"path":"/cart","route":"shop.com/","app":"shop","instance":"one","status":200',
      );
    });
    tap.kill("SIGINT");
    expect(await tap.exit).toEqual({ code: EXIT.ok, signal: null });

    await eventually(async () => {
      await send();
      expect((await bench.run(["top"], { env })).stdout).toMatch(/^shop\.com\/\tshop\tok\t1\/1\t[\d.]*[1-9]/);
    });
    const events = await bench.run(["events"], { env });
    expect([events.code, events.stdout]).toEqual([
      EXIT.ok,
      expect.stringMatching(/\tinfo\tregistered\t\d+\tshop\/one registered at 127\.0\.0\.1:\d+$/m),
    ]);
    const refused = await bench.run(["events"]);
    expect([refused.code, refused.stderr]).toEqual([
      EXIT.failed,
      expect.stringContaining("--admin-token-file"),
    ]);
    expect(router.stderr()).toBe("");
  });
});
