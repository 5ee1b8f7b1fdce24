import type { Policy } from "../../table/policy.ts";

/** What took too long: the whole exchange, the answer's head, or the next byte of a body. */
export type Late = "exchange" | "head" | "body";

/** The timers of one exchange. */
export class Deadlines {
  readonly #policy: Policy;
  readonly #onLate: (late: Late) => void;
  readonly #exchange: NodeJS.Timeout | undefined;
  #head: NodeJS.Timeout | undefined;
  #body: NodeJS.Timeout | undefined;

  constructor(policy: Policy, onLate: (late: Late) => void) {
    this.#policy = policy;
    this.#onLate = onLate;
    if (policy.exchangeMs !== undefined) this.#exchange = setTimeout(onLate, policy.exchangeMs, "exchange");
  }

  /** The request was read whole: now the answer's head is due. */
  headDue(): void {
    this.#head ??= setTimeout(this.#onLate, this.#policy.answerHeadMs, "head");
  }

  /** The answer's head came, or another attempt begins. */
  headCame(): void {
    clearTimeout(this.#head);
    this.#head = undefined;
  }

  /** A body is on its way, and a part of it moved just now. */
  bodyMoved(): void {
    if (this.#body === undefined) this.#body = setTimeout(this.#onLate, this.#policy.bodyIdleMs, "body");
    else this.#body.refresh();
  }

  clear(): void {
    clearTimeout(this.#exchange);
    clearTimeout(this.#body);
    this.headCame();
  }
}
