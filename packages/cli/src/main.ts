// The `wayleave` command: reads its arguments, runs one command, and says by its exit code how that went.

import { StoreError } from "@wayleave/store";
import { type Command, CommanderError } from "commander";

import { CommandError, EXIT, exitCodeOf } from "./exit-codes.ts";
import { createProgram } from "./program.ts";

dropEmptyEnvironment();
for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
const program = createProgram();
try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

/** Tells the error on stderr, unless commander has, and gives the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (process.stderr.isTTY && error.code !== "commander.help")
      process.stderr.write(`see ${commandOf(program, process.argv.slice(2))} --help\n`);
    return EXIT.usage;
  }
  // What the system refuses (a port that is taken, a file that is not ours) explains itself.
  const isForeseen =
    error instanceof CommandError ||
    error instanceof StoreError ||
    (error instanceof Error && "syscall" in error);
  const text =
    error instanceof Error ? (isForeseen ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`wayleave: ${isForeseen ? "" : "this should not have happened: "}${text}\n`);
  return exitCodeOf(error);
}

/** The name of the command that these words begin with, as far as there is one. */
function commandOf(command: Command, [word, ...rest]: readonly string[]): string {
  const child = command.commands.find((one) => one.name() === word);
  return child === undefined ? command.name() : `${command.name()} ${commandOf(child, rest)}`;
}

/** Whoever reads our output may stop reading, as `head` does; what the command does goes on to its end. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** `WAYLEAVE_ETCD=` is how compose files and manifests say that a setting is not set. */
function dropEmptyEnvironment(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("WAYLEAVE_") && value === "") delete process.env[name];
  }
}
