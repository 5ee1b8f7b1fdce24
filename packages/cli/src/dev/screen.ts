/** Where `dev` writes: lines that stay and, on a terminal, one line at the bottom that is drawn anew. */
export interface Screen {
  readonly isTerminal: boolean;
  say(line: string): void;
  /** Draws the status line; nothing without a terminal. */
  status(line: string): void;
  /** Takes the status line away for good. */
  close(): void;
}

const CLEAR_LINE = "\r\u001B[2K";

/** A screen on stdout. */
export function createScreen(out: NodeJS.WriteStream = process.stdout): Screen {
  if (!out.isTTY) {
    return {
      isTerminal: false,
      say: (line) => void out.write(`${line}\n`),
      status: () => {},
      close: () => {},
    };
  }
  let shown = "";
  let isClosed = false;
  return {
    isTerminal: true,
    say: (line) => void out.write(`${CLEAR_LINE}${line}\n${shown}`),
    status: (line) => {
      if (isClosed) return;
      shown = line;
      out.write(CLEAR_LINE + line);
    },
    close: () => {
      isClosed = true;
      shown = "";
      out.write(CLEAR_LINE);
    },
  };
}
