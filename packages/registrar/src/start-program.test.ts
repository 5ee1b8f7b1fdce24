import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { startProgram } from "./start-program.ts";

function start(command: string, ...args: string[]) {
  return startProgram({ command, args, environment: process.env });
}

describe("startProgram", () => {
  it.each([
    ["exit 0", 0],
    ["exit 3", 3],
    ["kill -KILL $$", 137],
    ["kill -TERM $$", 143],
  ])("ends %j with the exit code %i, as a shell gives it", async (script, exitCode) => {
    const program = await start("sh", "-c", script);
    expect(await program.exitCode).toBe(exitCode);
  });

  it("passes signals, and is quiet when nobody is there any more", async () => {
    const program = await start("sh", "-c", "read -r line");
    program.signal("SIGKILL");
    expect(await program.exitCode).toBe(137);
    program.signal("SIGKILL");
  });

  it("says 127 of a program that is not there", async () => {
    await expect(start("no-such-program")).rejects.toMatchObject({
      message: "cannot start no-such-program: no such program",
      exitCode: 127,
    });
  });

  it("says 126 of a file that may not be executed", async () => {
    const directory = await mkdtemp(join(tmpdir(), "start-program-"));
    const file = join(directory, "plain.txt");
    await writeFile(file, "not a program", { mode: 0o600 });
    await expect(start(file)).rejects.toMatchObject({
      message: `cannot start ${file}: spawn ${file} EACCES`,
      exitCode: 126,
    });
    await rm(directory, { recursive: true });
  });
});
