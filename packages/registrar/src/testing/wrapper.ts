import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { eventually } from "@wayleave/testkit";

import type { ProgramOptions } from "../run-program.ts";

const WRAPPER = fileURLToPath(new URL("wrapper-program.ts", import.meta.url));
const APP = fileURLToPath(new URL("app-program.ts", import.meta.url));

/** A process that runs `runProgram`. It and its program end when the test process does. */
export interface Wrapper extends AsyncDisposable {
  readonly pid: number;
  /** Standard output of both, a line each: the app's own words. */
  readonly lines: readonly string[];
  /** Standard error so far: the log, and what the wrapper reports. */
  readonly errors: () => string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals | null>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the line was written. */
  sees(line: string): Promise<void>;
}

/** Options without a store: they cross to another process. */
export type WrapperOptions = Omit<ProgramOptions, "store" | "command" | "report" | "logger"> & {
  command?: string;
};

/** Starts `runProgram` in a process of its own, around the app for tests unless it is told otherwise. */
export async function startWrapper(options: WrapperOptions): Promise<Wrapper> {
  const program = { command: process.execPath, args: [APP], port: "auto", address: "127.0.0.1", ...options };
  const child = spawn(process.execPath, [WRAPPER, JSON.stringify(program)], {
    stdio: "pipe",
    detached: true,
  });
  await once(child, "spawn");
  return watch(child);
}

function watch(child: ReturnType<typeof spawn>): Wrapper {
  const lines: string[] = [];
  let errors = "";
  collect(child.stdout, (text) => lines.push(...text.split("\n").filter((line) => line !== "")));
  collect(child.stderr, (text) => (errors += text));
  const exit = Promise.withResolvers<number | NodeJS.Signals | null>();
  child.once("exit", (code, signal) => exit.resolve(code ?? signal));
  return {
    pid: child.pid ?? 0,
    lines,
    errors: () => errors,
    exit: exit.promise,
    kill: (signal) => void child.kill(signal),
    sees: (line) =>
      eventually(() => {
        if (!lines.includes(line)) throw new Error(`saw only ${JSON.stringify(lines)}; ${errors}`);
      }),
    async [Symbol.asyncDispose]() {
      child.stdin?.end(); // the program's too: it ends
      child.kill("SIGKILL");
      await exit.promise;
    },
  };
}

function collect(stream: ChildProcess["stdout"], take: (text: string) => void): void {
  stream?.setEncoding("utf8").on("data", take);
}
