// What a person sees on a terminal, and what a pipe gets of the same.

import { stripVTControlCharacters } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { isScriptThere, runInTerminal } from "../testing/run-in-terminal.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";
import { columnsOf } from "./columns.ts";

function isStyled(text: string): boolean {
  return stripVTControlCharacters(text) !== text;
}

describe.skipIf(!isScriptThere())("on a terminal", { timeout: 60_000 }, () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await embeddedBench();
    const fields = { address: "10.20.30.40", port: 65_535, zone: "eu-central-1a", version: "東京-2026" };
    await bench.store.commit([
      { put: bench.keys.instance("shop", "a-rather-long-id-0123456789"), value: JSON.stringify(fields) },
    ]);
  });
  afterAll(() => bench?.[Symbol.asyncDispose]());

  async function show(
    args: readonly string[],
    options: { columns?: number; env?: Record<string, string> } = {},
  ) {
    const env = { WAYLEAVE_ETCD: bench.endpoint, ...options.env };
    const { code, screen } = await runInTerminal(args, { ...options, env });
    return { code, screen, lines: stripVTControlCharacters(screen).trimEnd().split("\r\n") };
  }

  it.each([120, 80, 50])("tables fit %d columns, and keep what names a row", async (columns) => {
    const { code, lines } = await show(["instances", "ls"], { columns });
    expect([code, lines.length]).toEqual([EXIT.ok, 2]);
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
    expect(lines[0]).toMatch(
      columns === 120 ? /^INSTANCE +ADDRESS .* ZONE .* LEASE LEFT$/ : /^INSTANCE +ADDRESS /,
    );
    expect(lines[1]).toMatch(/^shop\/a-rather/);
  });

  it("there are colours, but not with NO_COLOR; in a pipe there are none, but with FORCE_COLOR", async () => {
    expect(isStyled((await show(["instances", "ls"])).screen)).toBe(true);
    expect(isStyled((await show(["instances", "ls"], { env: { NO_COLOR: "1" } })).screen)).toBe(false);
    expect(isStyled((await bench.run(["status"])).stdout)).toBe(false);
    expect(isStyled((await bench.run(["status"], { env: { FORCE_COLOR: "1" } })).stdout)).toBe(true);
  });

  it("a success says the next command, and never in a pipe", async () => {
    const args = ["routes", "set", "shop.com", "--to", "shop"];
    expect((await show(args)).lines.at(-1)).toBe("next: wayleave explain http://shop.com/");
    expect((await bench.run(args)).stdout).toMatch(/^[^\n]+\n$/);
    expect((await bench.run([...args, "--json"])).stdout).not.toContain("next:");
  });

  it("a usage error says where its help is", async () => {
    const { code, lines } = await show(["routes", "ls", "--jsno"]);
    expect([code, lines]).toEqual([
      EXIT.usage,
      ["wayleave: unknown option '--jsno' (Did you mean --json?)", "see wayleave routes ls --help"],
    ]);
  });
});
