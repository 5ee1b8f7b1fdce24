import type { InstanceOptions } from "./instance-options.ts";
import type { Registrar } from "./registrar.ts";
import { type Program, type ProgramCommand, startProgram } from "./start-program.ts";

const LEAVING_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;
const PASSED_SIGNALS = ["SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

/** What one run is made of. */
export interface ProgramRunParts {
  readonly command: ProgramCommand;
  readonly registrar: Registrar;
  readonly instance: InstanceOptions;
  /** See `ProgramOptions`. */
  readonly killAfterMs: number | undefined;
  readonly report: (line: string) => void;
}

/** Follows a program from its start to its end, and keeps its record true to that. Runs once. */
export class ProgramRun {
  readonly #parts: ProgramRunParts;
  /** Aborted when the program is gone: from then on there is nothing to drain. */
  readonly #programGone = new AbortController();
  #program: Program | undefined;
  #isLeaving = false;
  #isRefused = false;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(parts: ProgramRunParts) {
    this.#parts = parts;
  }

  /** Resolves with the exit code when the program has ended and its record is gone. */
  async run(): Promise<number> {
    const { command, registrar } = this.#parts;
    // Before the program starts, so that no signal can end us and leave it behind. Node hands signals
    // out after the turn of the loop in which `startProgram` is done: they find the program there.
    this.#listen();
    try {
      this.#program = await startProgram(command);
      const registering = this.#register();
      const exitCode = await this.#program.exitCode;
      this.#programGone.abort();
      await registrar.close({ drain: false });
      await registering;
      return this.#isRefused ? 1 : exitCode;
    } finally {
      clearTimeout(this.#killTimer);
      this.#unlisten();
    }
  }

  async #register(): Promise<void> {
    const { registrar, instance, report } = this.#parts;
    try {
      await registrar.register(instance);
    } catch (error) {
      if (this.#isLeaving || this.#programGone.signal.aborted) return;
      report(error instanceof Error ? error.message : String(error));
      this.#isRefused = true;
      this.#end("SIGTERM");
    }
  }

  readonly #onLeavingSignal = (signal: NodeJS.Signals): void => {
    if (this.#isLeaving) this.#program?.signal(signal);
    else void this.#leave(signal);
  };

  readonly #onPassedSignal = (signal: NodeJS.Signals): void => {
    this.#program?.signal(signal);
  };

  // Whatever ends this process otherwise (an uncaught error) is not to leave the program behind.
  readonly #onExit = (): void => {
    this.#program?.signal("SIGTERM");
  };

  async #leave(signal: NodeJS.Signals): Promise<void> {
    this.#isLeaving = true;
    await this.#parts.registrar.close({ signal: this.#programGone.signal });
    this.#end(signal);
  }

  #end(signal: NodeJS.Signals): void {
    this.#program?.signal(signal);
    const { killAfterMs } = this.#parts;
    if (killAfterMs === undefined) return;
    this.#killTimer = setTimeout(() => this.#program?.signal("SIGKILL"), killAfterMs);
  }

  #listen(): void {
    for (const signal of LEAVING_SIGNALS) process.on(signal, this.#onLeavingSignal);
    for (const signal of PASSED_SIGNALS) process.on(signal, this.#onPassedSignal);
    process.on("exit", this.#onExit);
  }

  #unlisten(): void {
    for (const signal of LEAVING_SIGNALS) process.off(signal, this.#onLeavingSignal);
    for (const signal of PASSED_SIGNALS) process.off(signal, this.#onPassedSignal);
    process.off("exit", this.#onExit);
  }
}
