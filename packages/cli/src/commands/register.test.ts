import { startCommand, startDemoApp } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await embeddedBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

describe("wayleave register", { timeout: 60_000 }, () => {
  it("registers a program that runs already, and takes it out when it is told to", async () => {
    await using app = await startDemoApp({ name: "shop" });
    const about = [
      "--app",
      "shop",
      "--id",
      "one",
      "--port",
      String(app.port),
      "--health",
      "/",
      "--zone",
      "a",
    ];
    await using command = await startCommand(["register", ...about, "--address", "127.0.0.1"], {
      env: { WAYLEAVE_ETCD: bench.endpoint },
    });
    await command.waitForLine(/instance-registered/, { withinMs: 30_000 });
    expect(await bench.json(["instances", "get", "shop/one"])).toMatchObject({
      lease: expect.stringMatching(/^[1-9]/),
      record: { address: "127.0.0.1", port: app.port, zone: "a", state: "ready" },
    });
    command.kill("SIGTERM");
    expect(await command.exit).toEqual({ code: EXIT.ok, signal: null });
    expect((await bench.run(["instances", "get", "shop/one"])).code).toBe(EXIT.notFound);
    expect(app.requests).toBeGreaterThan(0);
  });

  it("stays drained by somebody else's word, as a sidecar does before its program ends", async () => {
    await using app = await startDemoApp({ name: "shop" });
    const about = ["--app", "shop", "--id", "two", "--port", String(app.port), "--address", "127.0.0.1"];
    await using command = await startCommand(["register", ...about], {
      env: { WAYLEAVE_ETCD: bench.endpoint },
    });
    await command.waitForLine(/instance-registered/, { withinMs: 30_000 });
    expect((await bench.run(["instances", "drain", "shop/two", "--wait"])).code).toBe(EXIT.ok);
    expect(await bench.json(["instances", "get", "shop/two"])).toMatchObject({
      record: { state: "draining" },
    });
    command.kill("SIGTERM");
    expect((await command.exit).code).toBe(EXIT.ok);
    expect((await bench.run(["instances", "get", "shop/two"])).code).toBe(EXIT.notFound);
  });

  it("ends with 0 when it is told to while it waits for the program", async () => {
    await using command = await startCommand(
      ["register", "--app", "shop", "--port", "9", "--address", "127.0.0.1"],
      {
        env: { WAYLEAVE_ETCD: bench.endpoint },
      },
    );
    await command.waitForLine(/lease-held/, { withinMs: 30_000 });
    command.kill("SIGTERM");
    expect((await command.exit).code).toBe(EXIT.ok);
  });

  it.each([
    [["--port", "3000"], EXIT.usage, "register needs --app APP and --port PORT"],
    [["--app", "shop"], EXIT.usage, "register needs --app APP and --port PORT"],
    [["--app", "shop", "--port", "auto"], EXIT.invalid, 'port "auto" is not between 1 and 65535'],
    [["--app", "a b", "--port", "3000"], EXIT.invalid, "a b"],
  ])("%j ends with %i", async (args, code, reason) => {
    const { code: ended, stderr } = await bench.run(["register", ...args]);
    expect([ended, stderr]).toEqual([code, expect.stringContaining(reason)]);
  });
});
