import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Command } from "commander";

import { EXIT } from "./exit-codes.ts";
import { wholeNumber } from "./arguments/pairs.ts";
import { completeSettings, setting } from "./settings.ts";
import { runWayleave } from "./testing/run-wayleave.ts";

let directory: string;

/** Runs a command with two settings, and gives what it was told. */
async function settingsOf(args: readonly string[], file?: string): Promise<unknown> {
  const program = new Command().exitOverride().enablePositionalOptions();
  let seen: unknown;
  program.option("--test-name <name>");
  program
    .command("go")
    .addOption(setting("--test-name <name>", "").default("default"))
    .addOption(setting("--test-size <n>", "").argParser(wholeNumber(0)))
    .option("--config <file>")
    .action((flags: { testName: string; testSize: number }) => {
      seen = [flags.testName, flags.testSize];
    });
  program.command("other").addOption(setting("--other <x>", ""));
  program.hook("preAction", (_, command) => completeSettings(program, command));
  const config = join(directory, "settings.yaml");
  if (file !== undefined) await writeFile(config, file);
  await program.parseAsync([...args, ...(file === undefined ? [] : ["--config", config])], { from: "user" });
  return seen;
}

async function withEnvironment<T>(name: string, value: string, run: () => Promise<T>): Promise<T> {
  process.env[name] = value;
  try {
    return await run();
  } finally {
    delete process.env[name];
  }
}

describe("settings", { timeout: 120_000 }, () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "wayleave-settings-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("come from the flag, then the environment, then the file, then the default", async () => {
    const file = "test-name: file\ntest-size: 3\n";
    expect(await settingsOf(["go"])).toEqual(["default", undefined]);
    expect(await settingsOf(["go"], file)).toEqual(["file", 3]);
    await withEnvironment("WAYLEAVE_TEST_NAME", "environment", async () => {
      expect(await settingsOf(["go"], file)).toEqual(["environment", 3]);
      expect(await settingsOf(["go", "--test-name", "flag"], file)).toEqual(["flag", 3]);
      expect(await settingsOf(["--test-name", "before", "go"], file)).toEqual(["before", 3]);
      expect(await settingsOf(["--test-name", "before", "go", "--test-name", "after"], file)).toEqual([
        "after",
        3,
      ]);
    });
  });

  it("may be a list in the file, and may be those of another command", async () => {
    expect(await settingsOf(["go"], "test-name: [a, b]\nother: 7\n")).toEqual(["a,b", undefined]);
    expect(await settingsOf(["go"], "# nothing\n")).toEqual(["default", undefined]);
  });

  it.each([
    ["test-nam: x", /settings\.yaml:1:1: there is no setting "test-nam"/],
    [
      "test-name: x\ntest-size: many",
      /settings\.yaml:2:1: test-size: "many" is not valid. It must be a whole number/,
    ],
    ["- a", /settings\.yaml:1:1: a settings file has one/],
    ["a: [", /settings\.yaml:1:\d+: /],
  ])("refuse the file %j with its place", async (file, reason) => {
    await expect(settingsOf(["go"], file)).rejects.toMatchObject({
      exitCode: EXIT.invalid,
      message: expect.stringMatching(reason),
    });
  });

  it("are read from wayleave.yaml beside the command, unless another file is named", async () => {
    await writeFile(join(directory, "wayleave.yaml"), "etcd: http://127.0.0.1:1\n");
    const { code, stderr } = await runWayleave(["routes", "ls"], { cwd: directory });
    expect([code, stderr]).toEqual([EXIT.unreachable, expect.stringContaining("127.0.0.1:1")]);
    await writeFile(join(directory, "other.yaml"), "etcd: http://127.0.0.1:2\n");
    const env = { WAYLEAVE_CONFIG: join(directory, "other.yaml") };
    expect((await runWayleave(["routes", "ls"], { cwd: directory, env })).stderr).toContain("127.0.0.1:2");
    const missing = await runWayleave(["routes", "ls", "--config", "none.yaml"], { cwd: directory });
    expect([missing.code, missing.stderr]).toEqual([EXIT.invalid, expect.stringContaining("none.yaml")]);
  });

  it("count as not set when they are empty in the environment", async () => {
    const env = { WAYLEAVE_ETCD: "http://127.0.0.1:1", WAYLEAVE_PREFIX: "", WAYLEAVE_ETCD_USER: "" };
    expect((await runWayleave(["routes", "ls"], { env })).code).toBe(EXIT.unreachable);
  });
});

describe("settings of the connection", { timeout: 120_000 }, () => {
  it.concurrent.each([
    [EXIT.invalid, ["--etcd", "127.0.0.1:2379"], /begins with http/],
    [EXIT.usage, ["--etcd-user", "root"], /need each other/],
    [EXIT.usage, ["--etcd-cert", "x"], /need each other/],
    [EXIT.invalid, ["--etcd-ca", "/nowhere/ca.pem"], /ca\.pem cannot be read/],
  ])("end with %d for %j", async (exit, args, reason) => {
    const { code, stderr } = await runWayleave(["routes", "ls", ...args]);
    expect([code, stderr]).toEqual([exit, expect.stringMatching(reason)]);
  });
});
