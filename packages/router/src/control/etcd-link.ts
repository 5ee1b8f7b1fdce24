import type { Following, FollowStatus } from "@wayleave/store";
import type { Logger } from "pino";

import type { ControlObserver } from "./control-observer.ts";
import type { ControlState, ControlStatus } from "./control-status.ts";

/** How a kind of link is spoken of when it is lost. */
interface LinkKind {
  readonly live: string;
  readonly lost: string;
  readonly lostState: ControlState;
  /** What must differ for the loss to be told again before the link was live. */
  readonly news: (status: FollowStatus) => string | undefined;
}

// etcd may be away for hours, and every endpoint is tried again all the time: once for each reason is enough.
export const ETCD_LINK: LinkKind = {
  live: "etcd-live",
  lost: "etcd-reconnecting",
  lostState: "reconnecting",
  news: ({ reason }) => reason,
};
export const FILE_LINK: LinkKind = {
  live: "table-file-good",
  lost: "table-file-refused",
  lostState: "refused",
  news: ({ error }) => error,
};

/** How the link to etcd, or to a table file, is, and where the table came from. */
export class EtcdLink {
  readonly #logger: Logger;
  readonly #observer: ControlObserver;
  readonly #kind: LinkKind;
  #following: Pick<Following, "lastProofAt"> | undefined;
  #endpoint: string | null = null;
  /** Why there is no watch; undefined while there is one, or the first is under way. */
  #cut: FollowStatus | undefined;
  readonly #told = new Set<string | undefined>();
  #origin: "nowhere" | "disk" | "etcd" = "nowhere";
  #savedProofAt = 0;

  constructor(logger: Logger, observer: ControlObserver, kind: LinkKind) {
    this.#logger = logger;
    this.#observer = observer;
    this.#kind = kind;
  }

  get state(): ControlState {
    if (this.#origin === "nowhere") return "waiting";
    if (this.#origin === "disk") return "from-disk";
    return this.#cut === undefined ? "live" : this.#kind.lostState;
  }

  get isTableFromEtcd(): boolean {
    return this.#origin === "etcd";
  }

  /** The part of the control's status that the link knows. */
  get status(): Pick<ControlStatus, "state" | "stalenessSeconds" | "endpoint" | "reason" | "error"> {
    return {
      state: this.state,
      stalenessSeconds: this.#stalenessSeconds,
      endpoint: this.#endpoint,
      reason: this.#cut?.reason ?? null,
      error: this.#cut?.error ?? null,
    };
  }

  follows(following: Pick<Following, "lastProofAt">): void {
    this.#following = following;
  }

  /** The table is the saved one, which was last known to be etcd's then (epoch milliseconds). */
  tableFromDisk(provedAt: number): void {
    this.#origin = "disk";
    this.#savedProofAt = provedAt;
  }

  tableFromEtcd(): void {
    this.#origin = "etcd";
  }

  /** The store told what its link does. */
  changed(status: FollowStatus): void {
    const { state, endpoint, reason, error } = status;
    this.#endpoint = endpoint;
    if (state === "live") {
      this.#cut = undefined;
      this.#told.clear();
      this.#logger.info({ endpoint }, this.#kind.live);
      this.#observer.linkChanged(true, status);
    }
    if (state !== "reconnecting") return;
    this.#observer.watchEnded(reason ?? "unknown");
    this.#cut = status;
    this.#observer.linkChanged(false, status);
    const news = this.#kind.news(status);
    if (this.#told.has(news)) return;
    this.#told.add(news);
    this.#logger.warn({ endpoint, reason, error }, this.#kind.lost);
  }

  get #stalenessSeconds(): number | null {
    const provedAt = this.#origin === "disk" ? this.#savedProofAt : (this.#following?.lastProofAt ?? 0);
    return provedAt === 0 ? null : Math.max(0, Date.now() - provedAt) / 1_000;
  }
}
