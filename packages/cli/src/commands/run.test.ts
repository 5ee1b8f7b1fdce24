import { eventually, startCommand } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";

const SERVER = `require("node:http").createServer((q, s) => s.end("ok")).listen(process.env.PORT, "127.0.0.1")`;
const NO_PORT = { PORT: undefined };

let bench: Bench;

beforeAll(async () => {
  bench = await embeddedBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

describe("wayleave run", { timeout: 120_000 }, () => {
  it("registers a program for as long as it runs, as it is told", async () => {
    const about = [
      "--version",
      "v2",
      "--zone",
      "a",
      "--weight",
      "3",
      "--tag",
      "rack=7",
      "--ttl",
      "5s",
      "--health",
      "/ok",
    ];
    const where = ["--app", "shop", "--id", "one", "--port", "auto", "--address", "127.0.0.1", ...about];
    await using command = await startCommand(["run", ...where, "--", process.execPath, "-e", SERVER], {
      env: { WAYLEAVE_ETCD: bench.endpoint, ...NO_PORT },
    });
    await command.waitForLine(/instance-registered/, { withinMs: 30_000 });
    const listed = await bench.json(["instances", "get", "shop/one"]);
    expect(listed).toMatchObject({
      lease: expect.stringMatching(/^[1-9]/),
      record: {
        address: "127.0.0.1",
        version: "v2",
        zone: "a",
        weight: 3,
        tags: { rack: "7" },
        state: "ready",
      },
    });
    command.kill("SIGTERM");
    expect((await command.exit).code).toBe(128 + 15);
    expect((await bench.run(["instances", "get", "shop/one"])).code).toBe(EXIT.notFound);
  });

  it.skipIf(process.env["WAYLEAVE_SOAK"] !== "1")(
    "takes a program out that runs on and listens no more",
    async () => {
      const program = `const server = ${SERVER}; process.on("SIGUSR2", () => server.close()); setTimeout(() => {}, 60_000)`;
      const where = ["--app", "shop", "--id", "deaf", "--port", "auto", "--address", "127.0.0.1"];
      await using command = await startCommand(["run", ...where, "--", process.execPath, "-e", program], {
        env: { WAYLEAVE_ETCD: bench.endpoint, ...NO_PORT },
      });
      await command.waitForLine(/instance-registered/, { withinMs: 30_000 });
      command.kill("SIGUSR2");
      await command.waitForLine(/refuses connections.*instance-unhealthy/, { withinMs: 30_000 });
      await eventually(async () =>
        expect((await bench.run(["instances", "get", "shop/deaf"])).code).toBe(EXIT.notFound),
      );
      command.kill("SIGTERM");
      expect((await command.exit).code).toBe(128 + 15);
    },
  );

  it("ends with the program's own exit code", async () => {
    const program = [process.execPath, "-e", "process.exit(7)"];
    expect((await bench.run(["run", "--app", "shop", "--port", "auto", "--", ...program])).code).toBe(7);
    const missing = await bench.run(["run", "--app", "shop", "--port", "auto", "--", "/nowhere/program"]);
    expect([missing.code, missing.stderr]).toEqual([127, expect.stringContaining("/nowhere/program")]);
  });

  it("hands the program all that stands after --, whatever it looks like", async () => {
    const print = "console.log(JSON.stringify(process.argv.slice(1)))";
    const args = ["--", process.execPath, "-e", print, "--", "--json", "--etcd", "x", "-h"];
    const env = { WAYLEAVE_APP: "shop", WAYLEAVE_PORT: "auto" };
    const { code, stdout } = await bench.run(["run", ...args], { env });
    expect([code, stdout]).toEqual([EXIT.ok, '["--json","--etcd","x","-h"]\n']);
  });

  it.concurrent.each([
    [EXIT.usage, ["--port", "80", "--", "echo", "started"], /needs --app APP/],
    [EXIT.usage, ["--app", "shop", "--port", "80"], /needs a command/],
    [EXIT.usage, ["--app", "shop", "--port", "80", "--"], /needs a command/],
    [EXIT.usage, ["--app", "shop", "--", "echo", "started"], /needs --port PORT/],
    [EXIT.usage, ["--app", "shop", "--port", "80", "--ttl", "5", "--", "echo", "started"], /500ms, 2s/],
    [EXIT.invalid, ["--app", "sh op", "--port", "80", "--", "echo", "started"], /app "sh op" is not a name/],
    [EXIT.invalid, ["--app", "shop", "--port", "0", "--", "echo", "started"], /port "0"/],
    [EXIT.invalid, ["--app", "shop", "--port", "70000", "--", "echo", "started"], /port "70000"/],
    [
      EXIT.invalid,
      ["--app", "shop", "--port", "auto", "--address", "shop.local", "--", "echo", "started"],
      /address/,
    ],
    [EXIT.invalid, ["--app", "shop", "--port", "auto", "--ttl", "1s", "--", "echo", "started"], /ttl/i],
  ])("ends with %d for %j, and starts nothing", async (exit, args, reason) => {
    const { code, stdout, stderr } = await bench.run(["run", ...args], { env: NO_PORT });
    expect([code, stdout]).toEqual([exit, ""]);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^wayleave: [^\n]+\n$/);
  });
});
