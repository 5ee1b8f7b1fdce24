import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { eventually } from "../eventually.ts";

const guard = fileURLToPath(new URL("guard.ts", import.meta.url));

// The children inherit the script's output, so that is closed when all of them are gone.
const SCRIPT = `
import { spawn } from "node:child_process";
import { endGroupWithThisProcess, endWithThisProcess, temporaryDirectory } from ${JSON.stringify(guard)};
const stdio = ["ignore", "inherit", "inherit"];
endWithThisProcess(spawn("sleep", ["600"], { stdio }));
const leader = spawn("sh", ["-c", "sleep 600 & sleep 600 & exit 0"], { stdio, detached: true });
endGroupWithThisProcess(leader);
leader.once("exit", () => console.log(temporaryDirectory("guarded")));
`;

it("leaves no child, no child of a child and no directory behind when it is killed", async () => {
  const script = spawn(process.execPath, ["--input-type=module", "-e", SCRIPT]);
  const closed = once(script, "close");
  const [line] = await once(script.stdout, "data");
  const directory = String(line).trim();
  expect(existsSync(directory)).toBe(true);
  script.kill("SIGKILL");
  await closed;
  await eventually(() => expect(existsSync(directory)).toBe(false));
});
