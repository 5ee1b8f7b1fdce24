import type { Following } from "@wayleave/store";
import type { Logger } from "pino";

import type { ControlObserver } from "./control-observer.ts";
import type { ControlStatus } from "./control-status.ts";
import type { EtcdLink } from "./etcd-link.ts";
import type { RecordSet } from "./record-set.ts";

const AUDIT_MS = 600_000;

export interface RelistSettings {
  readonly records: Pick<RecordSet, "hold">;
  readonly link: Pick<EtcdLink, "state">;
  readonly following: () => Pick<Following, "relist"> | undefined;
  readonly observer: Pick<ControlObserver, "audited">;
  readonly logger: Logger;
}

/** Asks for the range to be listed again: when held removals are to be believed, and every 10 minutes as an audit. */
export class Relists {
  readonly #settings: RelistSettings;
  #isRelisting = false;
  #nextAuditAt = auditTime();
  #lastAudit: ControlStatus["audit"] = null;

  constructor(settings: RelistSettings) {
    this.#settings = settings;
  }

  get lastAudit(): ControlStatus["audit"] {
    return this.#lastAudit;
  }

  /** To be called now and then; `now` is epoch milliseconds. */
  tick(now: number): void {
    const { records, link } = this.#settings;
    if ((records.hold?.until ?? Number.POSITIVE_INFINITY) <= now) void this.#relist("asked");
    if (this.#nextAuditAt > performance.now() || link.state !== "live") return;
    this.#nextAuditAt = auditTime();
    void this.#relist("audit");
  }

  /** An audit's list came: so many keys were not as it has them. */
  audited(differences: number): void {
    const { observer, logger } = this.#settings;
    this.#lastAudit = { at: Date.now(), differences };
    observer.audited(differences);
    if (differences > 0) logger.error({ differences }, "audit-found-differences");
  }

  async #relist(reason: "asked" | "audit"): Promise<void> {
    if (this.#isRelisting) return;
    this.#isRelisting = true;
    try {
      await this.#settings.following()?.relist(reason);
    } catch (error) {
      this.#settings.logger.warn({ reason, error: String(error) }, "relist-failed");
    } finally {
      this.#isRelisting = false;
    }
  }
}

// Jittered: the routers of an installation are not to list all at the same time.
function auditTime(): number {
  return performance.now() + AUDIT_MS * (0.9 + 0.2 * Math.random());
}
