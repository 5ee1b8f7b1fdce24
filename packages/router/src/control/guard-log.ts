import type { Logger } from "pino";

import type { ControlObserver } from "./control-observer.ts";
import type { RecordSet } from "./record-set.ts";

/** Tells operators when a guard begins to distrust etcd, and when that is over. */
export class GuardLog {
  readonly #logger: Logger;
  readonly #observer: ControlObserver;
  #holdSince: number | undefined;
  #hasSuspects = false;

  constructor(logger: Logger, observer: ControlObserver) {
    this.#logger = logger;
    this.#observer = observer;
  }

  /** To be called after every change. */
  tell({ hold, suspectCount }: Pick<RecordSet, "hold" | "suspectCount">): void {
    if (hold !== undefined && hold.since !== this.#holdSince) {
      const until = new Date(hold.until).toISOString();
      this.#logger.error({ removals: hold.keys.size, until }, "removals-held");
      this.#observer.held(hold.keys.size);
    }
    if (hold === undefined && this.#holdSince !== undefined) {
      this.#logger.warn("removals-hold-ended");
      this.#observer.held(0);
    }
    this.#holdSince = hold?.since;
    const hasSuspects = suspectCount > 0;
    if (hasSuspects !== this.#hasSuspects) this.#observer.suspected(suspectCount);
    if (hasSuspects && !this.#hasSuspects) this.#logger.error({ suspects: suspectCount }, "mass-expiry");
    if (!hasSuspects && this.#hasSuspects) this.#logger.warn("mass-expiry-ended");
    this.#hasSuspects = hasSuspects;
  }
}
