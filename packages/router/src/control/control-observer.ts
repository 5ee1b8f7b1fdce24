import type { SnapshotReason } from "@wayleave/store";

/** Told what happens on the config path; the metrics are made of it. Must not throw. */
export interface ControlObserver {
  /** A revision came, and every table has it: how long that took. */
  changeApplied(seconds: number): void;
  /** The range was listed. */
  listed(reason: SnapshotReason): void;
  /** The watch ended, and is made anew. */
  watchEnded(reason: string): void;
  /** An audit found so many keys that were not as etcd has them. */
  audited(differences: number): void;
}
