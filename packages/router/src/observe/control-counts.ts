import type { ControlObserver } from "../control/control-observer.ts";
import { Histogram, OWN_BOUNDS } from "./histogram.ts";

/** Counts what happens on the config path. */
export class ControlCounts implements Pick<
  ControlObserver,
  "changeApplied" | "listed" | "watchEnded" | "audited"
> {
  readonly changeDuration = new Histogram(OWN_BOUNDS);
  readonly lists = new Map<string, number>();
  readonly watchRestarts = new Map<string, number>();
  auditDifferences = 0;

  changeApplied(seconds: number): void {
    this.changeDuration.observe(seconds);
  }

  listed(reason: string): void {
    this.lists.set(reason, (this.lists.get(reason) ?? 0) + 1);
  }

  watchEnded(reason: string): void {
    this.watchRestarts.set(reason, (this.watchRestarts.get(reason) ?? 0) + 1);
  }

  audited(differences: number): void {
    this.auditDifferences += differences;
  }
}
