// What could stand at the end of an unfinished command line.

import type { Argument, Command, Option } from "commander";

/** A name that only etcd knows. */
export type NameKind = "route" | "host" | "app" | "instance" | "replica" | "certificate";

/** A word, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly means: string;
}

/** What the last word may become. */
export type Wanted =
  | { readonly kind: "words"; readonly words: readonly Candidate[] }
  | { readonly kind: "names"; readonly of: NameKind; readonly command: Command }
  | { readonly kind: "files" }
  | { readonly kind: "nothing" };

/** How help writes a value, and which names it takes. */
const NAMES: readonly (readonly [placeholder: RegExp, of: NameKind])[] = [
  [/^host\[\/path\]|^url$/, "route"],
  [/^host$/, "host"],
  [/^app\/id/, "instance"],
  [/^app\b/, "app"],
];
const FILES = /^(?:file|directory|command)\b/;

/** Reads the words before the last one. Pure. */
export function wantedAfter(root: Command, before: readonly string[], last: string): Wanted {
  let command = root;
  let operands = 0;
  for (let at = 0; at < before.length; at++) {
    const word = before[at] ?? "";
    if (word === "--") return { kind: "files" };
    const option = optionNamed(command, word);
    if (option !== undefined) {
      const takesNext = !option.isBoolean() && !word.includes("=");
      if (takesNext && at === before.length - 1) return ofValue(command, option);
      if (takesNext) at++;
      continue;
    }
    const child = operands === 0 ? childNamed(command, word) : undefined;
    if (child === undefined) operands++;
    else command = child;
  }
  if (last.startsWith("-")) return { kind: "words", words: optionsOf(command) };
  if (command.commands.length > 0) return { kind: "words", words: operands === 0 ? childrenOf(command) : [] };
  const { registeredArguments: args } = command;
  const argument = args[operands] ?? (args.at(-1)?.variadic === true ? args.at(-1) : undefined);
  return argument === undefined ? { kind: "nothing" } : ofValue(command, argument);
}

function optionNamed(command: Command, word: string): Option | undefined {
  if (!word.startsWith("-")) return undefined;
  const name = word.replace(/=.*$/s, "");
  for (let owner: Command | null = command; owner !== null; owner = owner.parent) {
    const found = owner.options.find(({ long, short }) => long === name || short === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childNamed(command: Command, word: string): Command | undefined {
  return command.commands.find((child) => child.name() === word || child.aliases().includes(word));
}

function optionsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ word: long ?? short ?? "", means: description }));
}

function childrenOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ word: child.name(), means: child.summary() || child.description() }));
}

function ofValue(command: Command, of: Option | Argument): Wanted {
  if (of.argChoices !== undefined)
    return { kind: "words", words: of.argChoices.map((word) => ({ word, means: "" })) };
  const placeholder = "flags" in of ? (/[<[](.+)[>\]]$/.exec(of.flags)?.[1] ?? "") : of.name();
  if (FILES.test(placeholder)) return { kind: "files" };
  if (placeholder === "name" && command.parent?.name() === "certificates")
    return { kind: "names", of: "certificate", command };
  if ("flags" in of && of.long === "--router-id") return { kind: "names", of: "replica", command };
  const names = NAMES.find(([pattern]) => pattern.test(placeholder));
  return names === undefined ? { kind: "nothing" } : { kind: "names", of: names[1], command };
}
