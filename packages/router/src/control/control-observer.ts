import type { FollowStatus, Revision, SnapshotReason } from "@wayleave/store";

import type { Rejection } from "./accepted-records.ts";

/** Told what happens on the config path; the metrics are made of it. Must not throw. */
export interface ControlObserver {
  /** A revision came, and every table has it: how long that took. */
  changeApplied(seconds: number): void;
  /** The range was listed; so many keys were not as they had been. */
  listed(reason: SnapshotReason, differences: number): void;
  /** The watch ended, and is made anew. */
  watchEnded(reason: string): void;
  /** An audit found so many keys that were not as etcd has them. */
  audited(differences: number): void;
  /** The watch is live, or was lost. The same may be told again. */
  linkChanged(isLive: boolean, status: FollowStatus): void;
  /** A key's newest value is bad, or for another reason than before. */
  rejected(rejection: Rejection): void;
  /** A key's newest value is good again. */
  accepted(key: string, revision: Revision): void;
  /** So many removals are held back from now on; 0: none. */
  held(removals: number): void;
  /** So many instances are suspects after a mass expiry; 0: none any more. */
  suspected(suspects: number): void;
}
