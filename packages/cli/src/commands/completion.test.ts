// The scripts in real shells: bash, and zsh and fish where the machine has them.

import { execFile, execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { eventually, temporaryDirectory } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench, runWayleave } from "../testing/run-wayleave.ts";

const WAYLEAVE = fileURLToPath(new URL("../../bin/wayleave.js", import.meta.url));

/** How each shell is made to complete a line whose words these are, and to print what it found. */
const SHELLS = {
  bash: (words: readonly string[]) =>
    `source <(wayleave completion bash); COMP_WORDS=(${quote(words)}); COMP_CWORD=${words.length - 1}
     compopt() { echo "compopt $*"; }; _wayleave; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words: readonly string[]) =>
    `compdef() { :; }; _files() { print 'compopt -o default'; }
     _describe() { print -l -- "\${(@)described%%:*}"; }
     eval "$(wayleave completion zsh)"; words=(${quote(words)}); CURRENT=${words.length}; _wayleave`,
  fish: (words: readonly string[]) =>
    `wayleave completion fish | source; complete -C '${words.join(" ")}' | string replace -r '\\t.*' ''; true`,
};

function quote(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(" ");
}

function isThere(shell: string): boolean {
  try {
    execFileSync(shell, ["-c", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.each(Object.entries(SHELLS).filter(([shell]) => shell === "bash" || isThere(shell)))(
  "completion in %s",
  { timeout: 60_000 },
  (shell, scriptFor) => {
    let bench: Bench;
    let directory: string;

    beforeAll(async () => {
      bench = await embeddedBench();
      const { keys } = bench;
      const value = '{"to":[{"app":"shop"}]}';
      await bench.store.commit([
        { put: keys.route("shop.com", "/"), value },
        { put: keys.route("shop.com", "/api"), value },
      ]);
      directory = temporaryDirectory("completion");
      const program = join(directory, "wayleave");
      writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${WAYLEAVE}' "$@"\n`);
      chmodSync(program, 0o755);
    });
    afterAll(() => bench?.[Symbol.asyncDispose]());

    async function complete(words: readonly string[], etcd = bench.endpoint): Promise<string[]> {
      const { PATH = "" } = process.env;
      const env = { ...process.env, PATH: `${directory}:${PATH}`, WAYLEAVE_ETCD: etcd };
      const script = scriptFor(["wayleave", ...words]);
      const { stdout } = await promisify(execFile)(shell, ["-c", script], { env, cwd: directory });
      return stdout.split("\n").filter((line) => line !== "");
    }

    it("shows commands, live names, and nothing when there are none", async () => {
      expect(await complete(["rou"])).toEqual(["router", "routes"]);
      // On a busy machine etcd may answer later than completion waits.
      await eventually(async () => {
        expect(await complete(["routes", "get", "shop"])).toEqual(["shop.com", "shop.com/api"]);
      });
      expect(await complete(["routes", "get", ""], "http://127.0.0.1:1")).toEqual([]);
    });
  },
);

describe("wayleave completion", { timeout: 60_000 }, () => {
  it("leaves files to the shell", async () => {
    for (const words of [
      ["apply", "-f", ""],
      ["run", "--app", "a", "--", ""],
    ])
      expect((await runWayleave(["__complete", "--", ...words])).stdout).toBe(":files\n");
  });

  it("ends with 2 for a shell that it does not know", async () => {
    const { code, stderr } = await runWayleave(["completion", "csh"]);
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining("bash, zsh, fish")]);
  });
});
