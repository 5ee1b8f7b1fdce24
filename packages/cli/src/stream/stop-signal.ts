const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What ends a command that would go on for ever. */
export interface Stop extends Disposable {
  readonly signal: AbortSignal;
  /** Ends it, as a signal does. */
  readonly stop: () => void;
  /** Whether it was somebody from outside. */
  readonly isAsked: boolean;
}

/**
 * Aborts when somebody ends the command (Ctrl-C), and when whoever reads its output stops reading. Neither is an error:
 * the command ends with 0.
 */
export function listenForStop(): Stop {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  let isAsked = false;
  const onAsked = (): void => {
    isAsked = true;
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, onAsked);
  process.stdout.on("error", onAsked); // which one, main has judged
  return {
    signal: controller.signal,
    stop,
    get isAsked() {
      return isAsked;
    },
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, onAsked);
      process.stdout.off("error", onAsked);
    },
  };
}
