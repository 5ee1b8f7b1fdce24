import { describe, expect, it } from "vitest";

import { startCommand } from "./command.ts";

describe("the wayleave command as a process", () => {
  it("gives its output and how it ended", async () => {
    await using command = await startCommand(["--no-such-flag"]);
    expect((await command.exit).code).not.toBe(0);
    expect(command.stdout() + command.stderr()).not.toBe("");
  });

  it("fails to wait for a line that never comes, and shows what came", async () => {
    await using command = await startCommand(["--no-such-flag"]);
    await expect(command.waitForLine(/never written/)).rejects.toThrow(
      /wayleave --no-such-flag ended without a line like \/never written\/; stdout:[^]*stderr:/,
    );
  });
});
