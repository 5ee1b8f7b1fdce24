import { Help } from "commander";

const WIDTH = 80;

const EXIT_CODES =
  "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 conflict, 5 unreachable, 6 invalid input.\n\n";

/**
 * Help text as wide as the terminal: its prose is wrapped, indented lines (examples) stay as they are. A command with
 * examples that does not say what its exit codes mean has those of all.
 */
export function wrapHelp(text: string, width: number = process.stdout.columns ?? WIDTH): string {
  const help = new Help();
  const whole = text.includes("Exit codes:") ? text : text.replace(/^Examples?:$/m, `${EXIT_CODES}$&`);
  const blocks = whole.matchAll(/(?:^ .*$\n?)+|(?:^(?! |$).*$\n?)+|^\n/gm);
  return [...blocks]
    .map(([block]) =>
      /^\s/.test(block) ? block : `${help.boxWrap(block.trimEnd().replaceAll("\n", " "), width)}\n`,
    )
    .join("")
    .trimEnd();
}
