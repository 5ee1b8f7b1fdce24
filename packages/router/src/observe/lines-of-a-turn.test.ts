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
    expect(execFileSync(process.execPath, args, options)).toBe('{"level":30,"msg":"first"}\nsecond\n');
  });
});
