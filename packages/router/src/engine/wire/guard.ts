// A defect of the router's own code ends one connection, not the process with all the others: otherwise one
// request that meets it, sent again and again, would keep a whole replica down.

/** Who ends when its code throws. */
export interface Guarded {
  /** Its code threw: it ends itself, reports the error, and must not throw. */
  onDefect(error: unknown): void;
}

/** Calls `action`; what it throws goes to `guarded`. */
export function guard(guarded: Guarded, action: () => void): void {
  try {
    action();
  } catch (error) {
    guarded.onDefect(error);
  }
}
