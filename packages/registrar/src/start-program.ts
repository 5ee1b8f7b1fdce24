import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

/** A program that was started. */
export interface Program {
  readonly pid: number | undefined;
  /** Resolves when it has ended, with the exit code that a shell would give: its own, or 128 + signal. */
  readonly exitCode: Promise<number>;
  /** Passes a signal to it, unless it is gone. */
  signal(name: NodeJS.Signals): void;
}

/** Why a program could not be started, with the exit code that a shell gives for that: 126 or 127. */
export class ProgramNotStarted extends Error {
  readonly exitCode: 126 | 127;

  constructor(command: string, cause: unknown) {
    const isMissing = codeOf(cause) === "ENOENT";
    const why = isMissing ? "no such program" : cause instanceof Error ? cause.message : String(cause);
    super(`cannot start ${command}: ${why}`, { cause });
    this.name = "ProgramNotStarted";
    this.exitCode = isMissing ? 127 : 126;
  }
}

/** What to start, and with which environment. Its standard streams are ours. */
export interface ProgramCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Starts a program; rejects with {@link ProgramNotStarted}. */
export async function startProgram({ command, args, environment }: ProgramCommand): Promise<Program> {
  try {
    // In a process group of its own: Ctrl-C in a terminal goes to the whole foreground group, and would
    // reach the app before the routers were told to send it no more requests. The price is that the
    // app has no controlling terminal: Ctrl-Z stops us and not the app.
    const child = spawn(command, args, { stdio: "inherit", env: environment, detached: true });
    const exitCode = Promise.withResolvers<number>();
    child.once("exit", (code, signal) => exitCode.resolve(shellExitCode(code, signal)));
    await once(child, "spawn");
    return { pid: child.pid, exitCode: exitCode.promise, signal: (name) => pass(child, name) };
  } catch (error) {
    throw new ProgramNotStarted(command, error);
  }
}

function pass(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(name);
}

function shellExitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
