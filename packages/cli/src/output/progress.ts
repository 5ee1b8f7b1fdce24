import { formatDuration } from "../arguments/duration.ts";

const BEGINS_MS = 1_000;
const REDRAW_MS = 250;
const CLEAR_LINE = "\r\u001B[2K";

/** A line on stderr that tells how far something is; gone when it is disposed of. */
export interface Progress extends Disposable {
  /** Changes what it says. */
  update(text: string): void;
}

/**
 * Shows what is being done, and for how long by now, once it takes more than a second; on a terminal only. Who pipes stderr
 * away, reads only what went wrong.
 */
export function startProgress(text: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const startedAt = performance.now();
  let shown = text;
  let isDrawn = false;
  const draw = (): void => {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs < BEGINS_MS) return;
    isDrawn = true;
    stream.write(`${CLEAR_LINE}${shown}  ${formatDuration(elapsedMs)}`);
  };
  const timer = stream.isTTY ? setInterval(draw, REDRAW_MS) : undefined;
  return {
    update: (next) => {
      shown = next;
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      if (isDrawn) stream.write(CLEAR_LINE);
    },
  };
}

/** Does something that may take more than a second, and shows that it does. */
export async function withProgress<T>(text: string, work: () => Promise<T>): Promise<T> {
  using _ = startProgress(text);
  return await work();
}
