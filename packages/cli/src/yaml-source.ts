import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";

import { type Document, LineCounter, isMap, isNode, isScalar, isSeq, parseDocument } from "yaml";

import { CommandError } from "./exit-codes.ts";

/** A YAML (or JSON) text whose nodes know where they stand. */
export interface YamlSource {
  readonly file: string;
  readonly document: Document.Parsed;
  /** `FILE:LINE:COLUMN`, from 1, of a node or an offset; the file's start when there is none. */
  at(where: unknown): string;
}

/** A mistake in a file, with `FILE:LINE:COLUMN` before the reason. */
export interface Problem {
  readonly at: string;
  readonly reason: string;
}

/** Reads a file, or stdin when it is `-`. Throws a CommandError (invalid) that names the file. */
export async function readSource(file: string): Promise<string> {
  try {
    return file === "-" ? await readAll(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    throw new CommandError("invalid", `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** Parses YAML 1.2; `problems` holds what is no YAML. Never throws. */
export function parseYaml(text: string, file: string): { source: YamlSource; problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (where: unknown): string => {
    const offset = typeof where === "number" ? where : isNode(where) ? (where.range?.[0] ?? 0) : 0;
    const { line, col } = lines.linePos(offset);
    return `${file === "-" ? "stdin" : file}:${line}:${col}`;
  };
  const problems = document.errors.map((error) => ({
    at: at(error.pos[0]),
    reason: error.message + hintFor(text, error.pos[0]),
  }));
  return { source: { file, document, at }, problems };
}

/**
 * The node of a field, walked from `start` along `path`; the deepest that exists. In a map it is the
 * key's node: that is where a person looks.
 */
export function nodeAt(start: unknown, path: readonly (string | number)[]): unknown {
  let found = start;
  let node = start;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) return found;
      found = pair.key;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number" && node.items[step] !== undefined) {
      node = node.items[step];
      found = node;
    } else return found;
  }
  return found;
}

/** `*.example.com: ...` is an alias to YAML, and what it says of that helps nobody. */
function hintFor(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset + 1);
  return /^\s*\*/.test(line) ? ' (a host that begins with * needs quotes: "*.example.com": ...)' : "";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
