const ENTER = "\u001B[?1049h\u001B[?25l"; // the other screen, without a cursor
const LEAVE = "\u001B[?25h\u001B[?1049l";
const HOME = "\u001B[H";
const CLEAR_TO_END_OF_LINE = "\u001B[K";
const CLEAR_BELOW = "\u001B[J";

/** The whole terminal, until it is disposed of; then it is as it was. */
export interface FullScreen extends Disposable {
  readonly width: number;
  readonly height: number;
  draw(lines: readonly string[]): void;
}

/** Takes the terminal, and its keys as they are pressed. */
export function takeScreen(onKey: (key: string) => void, onResize: () => void): FullScreen {
  const { stdin, stdout } = process;
  const hasKeys = stdin.isTTY;
  const onData = (text: string): void => onKey(text);
  const leave = (): void => void stdout.write(LEAVE);
  stdout.write(ENTER);
  // Whatever ends the process, the terminal is given back.
  process.once("exit", leave);
  stdout.on("resize", onResize);
  if (hasKeys) {
    stdin.setRawMode(true);
    stdin.setEncoding("utf8").on("data", onData).resume();
  }
  return {
    get width() {
      return stdout.columns;
    },
    get height() {
      return stdout.rows;
    },
    draw: (lines) =>
      void stdout.write(HOME + lines.map((line) => line + CLEAR_TO_END_OF_LINE).join("\r\n") + CLEAR_BELOW),
    [Symbol.dispose]: () => {
      process.off("exit", leave);
      stdout.off("resize", onResize);
      if (hasKeys) {
        stdin.off("data", onData).pause();
        stdin.setRawMode(false);
      }
      leave();
    },
  };
}
