import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";

import { startLink } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { EXIT } from "./exit-codes.ts";
import { embeddedBench, runWayleave } from "./testing/run-wayleave.ts";

const WAYLEAVE = fileURLToPath(new URL("../bin/wayleave.js", import.meta.url));
const COMMANDS = [
  ...[
    "dev",
    "router",
    "reload",
    "run",
    "switch",
    "apply",
    "diff",
    "export",
    "validate",
    "test",
    "explain",
    "status",
    "wait",
    "doctor",
    "config",
    "completion",
    "top",
    "tap",
    "events",
    "open",
  ].map((name) => [[name]]),
  ...["ls", "get", "set", "rm"].map((name) => [["routes", name]]),
  ...["ls", "get", "set", "rm", "drain", "undrain", "evict"].map((name) => [["instances", name]]),
];

describe("wayleave", { timeout: 120_000 }, () => {
  it("tells its version", async () => {
    expect(await runWayleave(["--version"])).toEqual({
      code: EXIT.ok,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
  });

  it.concurrent.each(COMMANDS)("has help with an example for %j", async (name) => {
    const { code, stdout, stderr } = await runWayleave([...name, "--help"]);
    expect([code, stderr]).toEqual([EXIT.ok, ""]);
    expect(stdout).toMatch(new RegExp(`^Usage: wayleave ${name.join(" ")} `));
    expect(stdout).toMatch(/^Exit codes: /m);
    expect(stdout).toMatch(new RegExp(`Examples?:[^]*\\n  wayleave .*${name.join(" ")}`));
  });

  it.concurrent.each([
    [[]],
    [["routes"]],
    [["nonsense"]],
    [["routes", "nonsense"]],
    [["routes", "ls", "--nonsense"]],
  ])("ends with 2 for %j, and says nothing on stdout", async (args) => {
    const { code, stdout, stderr } = await runWayleave(args);
    expect([code, stdout]).toEqual([EXIT.usage, ""]);
    expect(stderr).not.toBe("");
  });

  it.concurrent.each([
    [["routes", "ls"]],
    [["routes", "set", "a.com", "--to", "a"]],
    [["status"]],
    [["wait", "--revision", "1", "--timeout", "2s"]],
    [["switch", "a.com", "--to", "b"]],
  ])("ends with 5 within seconds, naming the endpoint, when no etcd is there for %j", async (args) => {
    const startedAt = Date.now();
    const { code, stdout, stderr } = await runWayleave([...args, "--etcd", "http://127.0.0.1:1"]);
    expect([code, stdout]).toEqual([EXIT.unreachable, ""]);
    expect(stderr).toMatch(/^wayleave: .*127\.0\.0\.1:1[^\n]*\n$/);
    expect(Date.now() - startedAt).toBeLessThan(15_000);
  });

  it("ends with 5 when etcd accepts the connection and never answers", async () => {
    await using bench = await embeddedBench();
    const link = await startLink({ host: "127.0.0.1", port: Number(new URL(bench.endpoint).port) });
    link.freeze();
    const { code } = await runWayleave(["routes", "ls", "--etcd", `http://127.0.0.1:${link.port}`]);
    await link.close();
    expect(code).toBe(EXIT.unreachable);
  });

  it("is quiet when whoever reads its output stops reading", async () => {
    await using bench = await embeddedBench();
    const routes = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, n) => [`h${n}.com`, { to: [{ app: "a" }] }]),
    );
    await bench.run(["apply", "-f", "-"], { input: JSON.stringify({ routes }) });
    const pipe = `"$0" "$1" routes ls --etcd ${bench.endpoint} | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)("bash", ["-c", pipe, process.execPath, WAYLEAVE]);
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^h0\.com\/\ta\t-\t\d+\n0\n$/), ""]);
  });

  it("takes the connection before the command's name as well", async () => {
    await using bench = await embeddedBench();
    const { code } = await runWayleave(["--etcd", bench.endpoint, "routes", "set", "a.com", "--to", "a"]);
    expect([code, await bench.revision()]).toEqual([EXIT.ok, 2]);
  });

  it("keeps to its prefix", async () => {
    await using bench = await embeddedBench();
    await bench.run(["routes", "set", "a.com", "--to", "a", "--prefix", "/other"]);
    expect((await bench.store.list("/other/table/routes/")).records).toHaveLength(1);
    expect((await bench.run(["routes", "get", "a.com"])).code).toBe(EXIT.notFound);
    expect((await bench.run(["routes", "ls", "--prefix", "/"])).code).toBe(EXIT.invalid);
  });
});
