import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const vitest = path.join(
  path.dirname(createRequire(import.meta.url).resolve("vitest/package.json")),
  "vitest.mjs",
);
const reporter = fileURLToPath(new URL("closing-line-reporter.ts", import.meta.url));

/** Runs vitest on these files, by name, and gives its last line. */
async function closingLineOf(files: Record<string, string>): Promise<string | undefined> {
  const root = temporaryDirectory("reporter");
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(root, name), text)));
  const reporters = ["--reporter", "default", "--reporter", reporter];
  const args = [vitest, "run", "--root", root, "--globals", ...reporters];
  const { stdout } = await run(process.execPath, args).catch((failure: { stdout: string }) => failure);
  return stdout.split("\n").at(-2);
}

describe("the closing line", () => {
  it("counts tests that passed and failed", async () => {
    const line = await closingLineOf({
      "a.test.js": 'it("a", () => {}); it("b", () => {}); it("c", () => expect(1).toBe(2));',
    });
    expect(line).toBe("2 passed, 1 failed");
  });

  it("names skipped tests only when there are some", async () => {
    expect(await closingLineOf({ "a.test.js": 'it("a", () => {}); it.skip("b", () => {});' })).toBe(
      "1 passed, 0 failed, 1 skipped",
    );
  });

  it("counts a file that cannot be loaded, a hook that fails and an error outside of tests as failures", async () => {
    const line = await closingLineOf({
      "loads.test.js": 'it("a", () => {});',
      "missing.test.js": 'import "./nowhere.js"; it("b", () => {});',
      "hook.test.js":
        'describe("c", () => { beforeAll(() => { throw new Error("x"); }); it("c", () => {}); });',
      "later.test.js":
        'it("d", () => { setTimeout(() => { throw new Error("x"); }, 1); return new Promise((r) => setTimeout(r, 50)); });',
    });
    expect(line).toBe("2 passed, 3 failed, 1 skipped");
  });

  it("counts a run that fails before its tests as a failure", async () => {
    const files = {
      "a.test.js": 'it("a", () => {});',
      "vitest.config.js": 'export default { test: { globalSetup: "setup.js" } };',
      "setup.js": 'export default () => { throw new Error("x"); };',
    };
    expect(await closingLineOf(files)).toBe("0 passed, 1 failed");
  });
});
