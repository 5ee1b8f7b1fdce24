// What is logged in one turn of the event loop is written at its end, at once: a write of its own for each line took
// as long as one of the four system calls that a request needs.

const MOST_CHARACTERS = 64 * 1024;

/** Those that have lines to write; when the process exits they must not be lost. */
const waiting = new Set<LinesOfATurn>();
let isExitAwaited = false;

/** Collects the lines of a turn. */
export class LinesOfATurn {
  readonly #write: (lines: string) => void;
  #lines = "";

  /** `write` gets whole lines, one or more, in the order in which they came. */
  constructor(write: (lines: string) => void) {
    this.#write = write;
    if (isExitAwaited) return;
    isExitAwaited = true;
    // First, for a logger writes at the exit what it was given before.
    process.prependListener("exit", () => {
      for (const lines of waiting) lines.flush();
    });
  }

  /** Takes a line, with its end. */
  add(line: string): void {
    if (this.#lines === "") {
      waiting.add(this);
      setImmediate(() => this.flush());
    }
    this.#lines += line;
    if (this.#lines.length >= MOST_CHARACTERS) this.flush();
  }

  /** Writes what is there now. */
  flush(): void {
    const lines = this.#lines;
    this.#lines = "";
    waiting.delete(this);
    if (lines !== "") this.#write(lines);
  }
}
