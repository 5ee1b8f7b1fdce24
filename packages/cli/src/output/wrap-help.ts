import { Help } from "commander";

const WIDTH = 80;

/** Help text as wide as the terminal: its prose is wrapped, indented lines (examples) stay as they are. */
export function wrapHelp(text: string, width: number = process.stdout.columns ?? WIDTH): string {
  const help = new Help();
  const blocks = text.matchAll(/(?:^ .*$\n?)+|(?:^(?! |$).*$\n?)+|^\n/gm);
  return [...blocks]
    .map(([block]) =>
      /^\s/.test(block) ? block : `${help.boxWrap(block.trimEnd().replaceAll("\n", " "), width)}\n`,
    )
    .join("")
    .trimEnd();
}
