/** One thing that was looked at. */
export interface Check {
  /** A fixed word. */
  readonly check: string;
  /** What it was looked at in: an endpoint, a right, a router; empty when it is the whole. */
  readonly about: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly says: string;
  /** What to do; null when there is nothing. */
  readonly todo: string | null;
}

/** What a check found, before it has its name. */
export type Finding = Pick<Check, "verdict" | "says" | "todo">;

/** The finding of one check. */
export function named(check: string, about: string, finding: Finding): Check {
  return { check, about, ...finding };
}

/** Nothing is to be done. */
export function ok(says: string): Finding {
  return { verdict: "ok", says, todo: null };
}

/** Something is to be done in time. */
export function warn(says: string, todo: string): Finding {
  return { verdict: "warn", says, todo };
}

/** Something is broken. */
export function fail(says: string, todo: string): Finding {
  return { verdict: "fail", says, todo };
}
