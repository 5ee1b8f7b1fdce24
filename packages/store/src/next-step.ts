import type { SnapshotReason } from "./store.ts";

/** Why a follower's link ended: fixed words, for metrics. */
export type EndReason =
  | "closed"
  | "compacted"
  | "went-back"
  | "cluster-changed"
  | "follower-failed"
  | "denied"
  | "unreachable"
  | "failed"
  | "silent"
  | "behind";

/** The end of a link; `text` is for people. */
export interface Ending {
  readonly reason: EndReason;
  readonly text: string;
}

/** What to do next. */
export interface Step {
  /** Why to list again before watching; undefined: resume after the last applied revision. */
  readonly list: SnapshotReason | undefined;
  /** Whether to go to another endpoint. */
  readonly isElsewhere: boolean;
}

/** Decides how to go on after a link ended. */
export function nextStep(reason: EndReason): Step {
  switch (reason) {
    case "compacted":
    case "went-back":
    case "cluster-changed":
    case "follower-failed":
      return { list: reason, isElsewhere: false };
    case "closed":
    case "denied": // the same rights hold at every endpoint
      return { list: undefined, isElsewhere: false };
    case "unreachable":
    case "failed":
    case "silent":
    case "behind":
      return { list: undefined, isElsewhere: true };
  }
}
