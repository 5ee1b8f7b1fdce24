import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

const PROGRAM = `
  import { pino } from "pino";
  import { LinesOfATurn } from ${JSON.stringify(import.meta.resolve("./lines-of-a-turn.ts"))};
  const logger = pino({ base: null, timestamp: false });
  const stream = Reflect.get(logger, pino.symbols.streamSym);
  const lines = new LinesOfATurn((text) => stream.write(text));
  logger.info("first");
  lines.add("second\\n");
  process.exit(0);
`;

describe("the lines of a turn", () => {
  it("are written also when the process exits in it", () => {
    const args = ["--input-type=module", "--eval", PROGRAM];
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;
    // What the logger was given before may still be on its way, and come later.
    const lines = execFileSync(process.execPath, args, options).trimEnd().split("\n");
    expect(lines.toSorted()).toEqual(["second", '{"level":30,"msg":"first"}']);
  });
});
