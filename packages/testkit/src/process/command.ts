import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { endGroupWithThisProcess } from "./guard.ts";

const WAYLEAVE = fileURLToPath(new URL("../../../cli/bin/wayleave.js", import.meta.url));
const LINE_WITHIN_MS = 20_000;
const LINES_SHOWN = 40;

/** What a command is started with, beside its arguments. */
export interface CommandOptions {
  /** Added to this process's environment without its `WAYLEAVE_*`; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The command's file. Default: the workspace's own. */
  readonly program?: string;
  /** What its standard input holds. Default: nothing. */
  readonly input?: string;
}

/** The real `wayleave` command as a process. It leads a process group of its own, so `-pid` reaches its children too. */
export interface Command {
  readonly pid: number;
  /** All that it wrote so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when it has ended and all its output was read. */
  readonly exit: Promise<CommandExit>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the first line of its output that matches, past or to come; fails with the output. Default 20,000 ms. */
  waitForLine(pattern: RegExp, options?: { withinMs?: number }): Promise<string>;
  /** Kills it and its children. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a process ended: one of the two is set. */
export interface CommandExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Starts `wayleave` with these arguments, by the Node that runs the tests. It ends with this process. */
export async function startCommand(
  args: readonly string[],
  { env = {}, cwd, program = WAYLEAVE, input }: CommandOptions = {},
): Promise<Command> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...inheritedEnvironment(), ...env },
    ...(cwd !== undefined && { cwd }),
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    detached: true,
  });
  await once(child, "spawn");
  endGroupWithThisProcess(child);
  child.stdin?.on("error", () => {}); // it may end without reading
  child.stdin?.end(input);
  return new RunningCommand(child, args);
}

function inheritedEnvironment(): NodeJS.ProcessEnv {
  // Somebody's own settings for Wayleave must not reach what is tested.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("WAYLEAVE_"));
  return Object.fromEntries(others);
}

class RunningCommand implements Command {
  readonly pid: number;
  readonly exit: Promise<CommandExit>;
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #output = { stdout: "", stderr: "" };
  readonly #lookers = new Set<() => void>();

  constructor(child: ChildProcess, args: readonly string[]) {
    this.#child = child;
    this.#name = `wayleave ${args.join(" ")}`;
    this.pid = child.pid ?? 0;
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.setEncoding("utf8");
      child[stream]?.on("data", (text: string) => {
        this.#output[stream] += text;
        this.#look();
      });
    }
    this.exit = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
    child.once("close", () => this.#look());
  }

  stdout(): string {
    return this.#output.stdout;
  }

  stderr(): string {
    return this.#output.stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  waitForLine(pattern: RegExp, { withinMs = LINE_WITHIN_MS } = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#lookers.delete(look);
      };
      const fail = (what: string): void => {
        settle();
        reject(new Error(`${this.#name} ${what} ${String(pattern)}; ${this.#shownOutput()}`));
      };
      const look = (): void => {
        const line = this.#findLine(pattern);
        if (line !== undefined) {
          settle();
          resolve(line);
        } else if (this.#hasEnded()) fail("ended without a line like");
      };
      const timer = setTimeout(() => fail(`wrote within ${withinMs} ms no line like`), withinMs);
      this.#lookers.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // The whole group has ended already.
    }
    await this.exit;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #look(): void {
    for (const look of this.#lookers) look();
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #findLine(pattern: RegExp): string | undefined {
    for (const output of [this.#output.stdout, this.#output.stderr]) {
      const complete = output.slice(0, output.lastIndexOf("\n") + 1);
      const line = complete.split("\n").find((text) => text.search(pattern) !== -1);
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #shownOutput(): string {
    return `stdout:\n${lastLines(this.#output.stdout)}\nstderr:\n${lastLines(this.#output.stderr)}`;
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-LINES_SHOWN).join("\n");
}
