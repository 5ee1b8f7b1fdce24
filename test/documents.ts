// What the documents show, as a reader would type it.

import { globSync, readFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..");

/** Every document that shows commands, from the root. */
export const documents = ["README.md", ...globSync(["docs/**/*.md", "packages/*/README.md"], { cwd: root })];

/** The lines of a document's shell blocks, of all or of those between two of its headings. */
export function shownLines(document: string, from = "", to = ""): string[] {
  const whole = readFileSync(path.join(root, document), "utf8");
  const text = whole.slice(whole.indexOf(from), to === "" ? undefined : whole.indexOf(to));
  const blocks = [...text.matchAll(/^```(?:sh|text)?\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
  return blocks.flatMap((block) => block.split("\n")).filter((line) => line !== "");
}

/** A line as a shell splits it, up to a comment, a pipe or a redirection. */
export function words(line: string): string[] {
  const found = line.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [];
  const end = found.findIndex((word) => /^[#|>]/.test(word));
  return (end === -1 ? found : found.slice(0, end)).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
}
