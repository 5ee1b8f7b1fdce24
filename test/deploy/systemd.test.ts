import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

import { temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { parseCommand, settingVariables } from "../parse-command.ts";
import { textOf } from "./repository.ts";

const UNIT = "wayleave-router.service";
const unit = textOf(`deploy/systemd/${UNIT}`);
const hasSystemdAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;

function valueOf(name: string): string {
  const value = new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];
  if (value === undefined) throw new Error(`the unit has no ${name}`);
  return value;
}

describe("the systemd unit", () => {
  it("runs a command line that the CLI understands, and gives it time to drain", async () => {
    const [program, ...args] = valueOf("ExecStart").split(" ");
    expect(program).toBe("/usr/bin/wayleave");
    const { name, options } = await parseCommand(args);
    expect([name, options["stateDir"]]).toEqual(["router", "${STATE_DIRECTORY}"]);
    const reload = await parseCommand(valueOf("ExecReload").split(" ").slice(1));
    expect(reload.name).toBe("reload");
    const drainMs = Number(options["drainDelay"]) + Number(options["drainTimeout"]);
    expect(Number(valueOf("TimeoutStopSec")) * 1_000).toBeGreaterThan(drainMs + 10_000);
  });

  it("names only settings that are there", () => {
    const named = unit.match(/WAYLEAVE_\w+/g) ?? [];
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !settingVariables().has(name))).toEqual([]);
  });

  it("leaves JavaScript its right to be compiled while it runs", () => {
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m);
  });

  it.skipIf(!hasSystemdAnalyze)("is good to systemd", () => {
    const file = path.join(temporaryDirectory("unit"), UNIT);
    writeFileSync(file, unit.replaceAll("/usr/bin/wayleave", "/bin/true"));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});
