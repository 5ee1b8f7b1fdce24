// Every `wayleave` command that a document shows is one that the CLI understands.

import { describe, expect, it } from "vitest";

import { documents, shownLines, words } from "./documents.ts";
import { parseCommand } from "./parse-command.ts";

/** The lines that begin with the command, `npx` and settings before it taken off. */
function commandsOf(document: string): string[] {
  return (
    shownLines(document)
      .flatMap((line) => line.split(" && "))
      .map((line) => line.replace(/^(?:[A-Z_]+=\S+ )*(?:npx )?/, ""))
      // A usage line, an option that stands for any, or a default that the reader fills in are no commands.
      .filter((line) => line.startsWith("wayleave ") && !/\[|\.\.\./.test(line.replaceAll(/'[^']*'/g, "")))
  );
}

const shown = documents.flatMap((document) => commandsOf(document).map((line) => [document, line] as const));

describe("the documents", () => {
  it("show commands", () => expect(shown.length).toBeGreaterThan(60));

  it.each(shown)("%s: %s", async (_, line) => {
    // A settings file is the reader's own: the command would read it.
    const [, ...args] = words(line.replace(/ --config \S+/, ""));
    const parsed = await parseCommand(args);
    expect(args).toContain(parsed.name);
  });
});
