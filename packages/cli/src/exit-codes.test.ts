// The exit codes of every command, in this process: what it throws, and what that becomes.

import { CommanderError } from "commander";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { EXIT, type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { createProgram } from "./program.ts";
import { type Bench, embeddedBench } from "./testing/run-wayleave.ts";

const PLACE = "shop.com/api";
const INSTANCE = "shop/one";
/** Each command that asks etcd, complete, and with something that is no name in place of its own argument. */
const COMMANDS: readonly (readonly [right: string[], wrong?: string[]])[] = [
  [
    ["routes", "ls"],
    ["routes", "ls", "no host"],
  ],
  [
    ["routes", "get", PLACE],
    ["routes", "get", "no host"],
  ],
  [
    ["routes", "set", PLACE, "--to", "shop"],
    ["routes", "set", PLACE, "--to", "no app"],
  ],
  [
    ["routes", "rm", PLACE],
    ["routes", "rm", "no host"],
  ],
  [
    ["instances", "ls"],
    ["instances", "ls", "no app"],
  ],
  [
    ["instances", "get", INSTANCE],
    ["instances", "get", "shop"],
  ],
  [
    ["instances", "set", INSTANCE, "10.0.0.1:80"],
    ["instances", "set", INSTANCE, "nowhere"],
  ],
  [
    ["instances", "rm", INSTANCE],
    ["instances", "rm", "shop"],
  ],
  [
    ["instances", "drain", INSTANCE],
    ["instances", "drain", "shop"],
  ],
  [
    ["instances", "undrain", INSTANCE],
    ["instances", "undrain", "shop"],
  ],
  [
    ["instances", "evict", INSTANCE],
    ["instances", "evict", "shop"],
  ],
  [["settings", "get"]],
  [
    ["settings", "set", "--attempts", "2"],
    ["settings", "set", "--balance", "nonsense"],
  ],
  [
    ["switch", PLACE, "--to", "shop"],
    ["switch", "no host", "--to", "shop"],
  ],
  [["export"]],
  [
    ["explain", PLACE],
    ["explain", PLACE, "--admin", "nonsense"],
  ],
  [["status"], ["status", "--admin", "nonsense"]],
  [
    ["top", "--once"],
    ["top", "--once", "--admin", "nonsense"],
  ],
  [["tap"], ["tap", "--host", "no host"]],
  [["events"], ["events", "--admin", "nonsense"]],
  [["open"], ["open", "--admin", "nonsense"]],
  [
    ["wait", "--revision", "1"],
    ["wait", "--route", "no host"],
  ],
];
const RIGHT = COMMANDS.map(([right]): [string[]] => [right]);
const NAMED_IN_ETCD = RIGHT.filter(([args]) =>
  ["get", "rm", "drain", "undrain", "evict", "switch", "explain"].some(
    (word) => args.includes(word) && args[0] !== "settings",
  ),
);

/** The exit code of a run in this process. */
async function run(args: readonly string[], etcd: string): Promise<ExitCode> {
  try {
    await createProgram().parseAsync([...args, "--etcd", etcd], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return error instanceof CommanderError ? EXIT.usage : exitCodeOf(error);
  }
}

describe("exit codes", { timeout: 60_000 }, () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await embeddedBench();
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
    await bench?.[Symbol.asyncDispose]();
  });

  it.concurrent.each(RIGHT)("%j is 5 when etcd does not answer", async (right) => {
    expect(await run(right, "http://127.0.0.1:1")).toBe(EXIT.unreachable);
  });

  it.each(RIGHT)("%j is 2 with a flag that there is not", async (right) => {
    expect(await run([...right, "--nonsense"], bench.endpoint)).toBe(EXIT.usage);
  });

  it.each(COMMANDS.flatMap(([, wrong]) => (wrong === undefined ? [] : [[wrong]])))(
    "%j is 6",
    async (wrong) => {
      expect(await run(wrong, bench.endpoint)).toBe(EXIT.invalid);
    },
  );

  it.each(NAMED_IN_ETCD)("%j is 3 when there is none", async (args) => {
    process.exitCode = undefined;
    const code = await run(args, bench.endpoint);
    expect(code === EXIT.ok ? process.exitCode : code).toBe(EXIT.notFound);
    process.exitCode = undefined;
  });

  it("a write that was made dependent on a revision is 4 when that is not it", async () => {
    expect(await run(["routes", "set", PLACE, "--to", "shop", "--if-revision", "7"], bench.endpoint)).toBe(
      EXIT.conflict,
    );
    expect(await run(["settings", "set", "--attempts", "2", "--if-revision", "7"], bench.endpoint)).toBe(
      EXIT.conflict,
    );
    expect(
      await run(["instances", "set", INSTANCE, "10.0.0.1:80", "--if-revision", "7"], bench.endpoint),
    ).toBe(EXIT.conflict);
  });
});
