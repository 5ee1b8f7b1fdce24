// docs/traffic.md says what holds.

import { readFileSync } from "node:fs";
import path from "node:path";

import { startCommand } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { defaultOf } from "../scripts/docs/defaults.ts";

const text = readFileSync(path.resolve(import.meta.dirname, "../docs/traffic.md"), "utf8");

describe("the page about traffic", () => {
  it("has the defaults that routers fill in", () => {
    const rows = [...text.matchAll(/^\| `([\w.]+)` +\| (.+?) +\|$/gm)].map(([, field = "", value = ""]) => [
      field,
      value,
    ]);
    expect(rows.length).toBeGreaterThan(15);
    const filledIn = rows.map(([field = ""]) => {
      const value = defaultOf(field);
      return [field, value === "none" ? value : `\`${value}\``];
    });
    expect(rows).toEqual(filledIn);
  });

  it.each([...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, block]) => block ?? ""))(
    "has examples that are good table files: %#",
    async (input) => {
      await using command = await startCommand(["validate", "-f", "-"], { input });
      expect([await command.exit, command.stderr()]).toMatchObject([{ code: 0 }, ""]);
    },
  );
});
