const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** When to end: the first time in order, the second time at once. */
export interface End {
  /** Resolves at the first signal or call of `ask`. */
  readonly first: Promise<void>;
  readonly isAsked: boolean;
  /** Asks as a signal would. */
  readonly ask: () => void;
  /** What to do the second time. */
  onSecond(act: () => void): void;
}

/** Listens for the signals that end a program. */
export function listenForEnd(): End {
  const first = Promise.withResolvers<void>();
  let isAsked = false;
  let actOnSecond: (() => void) | undefined;
  const ask = (): void => {
    if (isAsked) actOnSecond?.();
    isAsked = true;
    first.resolve();
  };
  for (const signal of SIGNALS) process.on(signal, ask);
  return {
    first: first.promise,
    get isAsked() {
      return isAsked;
    },
    ask,
    onSecond: (act) => {
      actOnSecond = act;
    },
  };
}
