// Every `wayleave` command that a document shows is one that the CLI understands.

import { globSync, readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { parseCommand } from "./parse-command.ts";

const root = path.resolve(import.meta.dirname, "..");
const documents = ["README.md", ...globSync(["docs/**/*.md", "packages/*/README.md"], { cwd: root })];

/** The lines of code blocks that begin with the command, `npx` and settings before it taken off. */
function commandsOf(document: string): string[] {
  const text = readFileSync(path.join(root, document), "utf8");
  const blocks = [...text.matchAll(/^```(?:sh|text)?\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .split(/\n| && /)
      .map((line) => line.replace(/^(?:[A-Z_]+=\S+ )*(?:npx )?/, ""))
      // A usage line, an option that stands for any, or a default that the reader fills in are no commands.
      .filter((line) => line.startsWith("wayleave ") && !/\[|\.\.\./.test(line.replaceAll(/'[^']*'/g, ""))),
  );
}

/** As a shell splits it, up to a comment, a pipe or a redirection. */
function words(line: string): string[] {
  const found = line.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [];
  const end = found.findIndex((word) => /^[#|>]/.test(word));
  return (end === -1 ? found : found.slice(0, end)).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
}

const shown = documents.flatMap((document) => commandsOf(document).map((line) => [document, line] as const));

describe("the documents", () => {
  it("show commands", () => expect(shown.length).toBeGreaterThan(60));

  it.each(shown)("%s: %s", async (_, line) => {
    const [, ...args] = words(line);
    const parsed = await parseCommand(args);
    expect(args).toContain(parsed.name);
  });
});
